package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/**
 * A thread that has another user's rights on files, as file servers have: setfsuid, setfsgid and setgroups as raw
 * system calls, which act on one thread alone (the C library's versions would change them all). The thread is made for
 * the work and dies with it, so the rights cannot leak to other work.
 */
public final class ThreadIdentity {
    private static final boolean ARM = System.getProperty("os.arch").equals("aarch64");
    private static final long SETGROUPS = ARM ? 159 : 116;
    private static final long SETFSUID = ARM ? 151 : 122;
    private static final long SETFSGID = ARM ? 152 : 123;

    private ThreadIdentity() {}

    /**
     * Does the work with these rights and waits for it.
     *
     * @throws OsException EPERM, where the rights cannot be had
     */
    public static <T> T as(Identity who, Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(() -> {
            take(who);
            return work.call();
        });
        Thread.ofPlatform().name("uid-" + who.uid()).start(task);
        try {
            return task.get();
        } catch (java.util.concurrent.ExecutionException e) {
            switch (e.getCause()) {
                case Exception cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw e;
            }
        }
    }

    private static void take(Identity who) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int[] ids = who.groups().stream().mapToInt(Integer::intValue).toArray();
            MemorySegment groups = ids.length == 0 ? MemorySegment.NULL : arena.allocateFrom(INT, ids);
            long r = (long) Raw.THREE.invokeExact(state, SETGROUPS, (long) ids.length, groups);
            if (r < 0) {
                throw new OsException("setgroups", Libc.errno(state));
            }
            set(state, SETFSGID, who.gid());
            set(state, SETFSUID, who.uid());
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** These calls report no failure; asking again with an invalid id tells what is in force. */
    private static void set(MemorySegment state, long call, int id) throws Throwable {
        long before = (long) Raw.TWO.invokeExact(state, call, Integer.toUnsignedLong(id));
        long now = (long) Raw.TWO.invokeExact(state, call, -1L);
        if ((int) now != id) {
            throw new OsException("setfsuid from " + before, Errno.EPERM.number());
        }
    }

    private static final class Raw {
        static final MethodHandle TWO = Libc.variadic("syscall", 1, FunctionDescriptor.of(LONG, LONG, LONG));
        static final MethodHandle THREE = Libc.variadic("syscall", 1, FunctionDescriptor.of(LONG, LONG, LONG, POINTER));
    }
}
