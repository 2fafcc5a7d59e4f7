package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs work with another user's rights to files, as file servers do: Linux keeps the file-system ids for each thread,
 * and the raw system calls (not the C library's, which change every thread) set them for one.
 *
 * <p><b>What the work must not do</b>: start threads, or wake virtual ones that wait. The system gives a new thread the
 * ids of the one that starts it, and waking a virtual thread can start a carrier for it. What such a thread would be
 * left with, {@link #ensureOwn} takes back.
 */
public final class ThreadIdentity {
    private static final int UNCHANGED = -1;

    private ThreadIdentity() {}

    /** Whether {@link #as} will change anything: only root can become somebody else. */
    public static boolean changes(Identity who) {
        return Own.IDENTITY.isRoot() && !who.isRoot();
    }

    /**
     * Runs the work with this identity's rights to files: on a fresh platform thread where this process is root and is
     * to be somebody else, otherwise here, as whoever this process is.
     *
     * @throws OsException where the ids could not be taken; the work has then not run
     */
    public static <T> T as(Identity who, Callable<T> work) throws Exception {
        ensureOwn();
        Identity now = Thread.currentThread() instanceof Bearer b ? b.identity : Own.IDENTITY;
        if (!Own.IDENTITY.isRoot() || now.equals(who) || now.isRoot() && who.isRoot()) {
            return work.call();
        }
        FutureTask<T> task = new FutureTask<>(() -> {
            take(who);
            try {
                return work.call();
            } finally {
                // Before the waiting thread is woken, which may start a carrier thread.
                take(Own.IDENTITY);
            }
        });
        return result(task, new Bearer(who, task));
    }

    private static <T> T result(FutureTask<T> task, Bearer thread) throws Exception {
        thread.start();
        boolean interrupted = false;
        while (true) {
            try {
                T result = task.get();
                if (interrupted) {
                    throw new InterruptedException();
                }
                return result;
            } catch (InterruptedException e) {
                if (task.isDone()) {
                    throw e;
                }
                // The work ends first: it may hold a file that the caller will touch next.
                interrupted = true;
                thread.interrupt();
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case Exception x -> throw x;
                    case Error x -> throw x;
                    case null, default -> throw new IllegalStateException(e);
                }
            }
        }
    }

    /**
     * Gives this thread the process's own ids, where it has inherited others from the thread that started it. One
     * system call where nothing is to be done.
     */
    public static void ensureOwn() throws OsException {
        if (Own.IDENTITY.isRoot()
                && !(Thread.currentThread() instanceof Bearer)
                && setId(Calls.SETFSUID, UNCHANGED) != Own.IDENTITY.uid()) {
            take(Own.IDENTITY);
        }
    }

    private static void take(Identity who) throws OsException {
        setGroups(who.groups());
        setId(Calls.SETFSGID, who.gid());
        setId(Calls.SETFSUID, who.uid());
        // Both calls return the id before and tell no failure: an impossible id shows what it is now.
        if (setId(Calls.SETFSGID, UNCHANGED) != who.gid() || setId(Calls.SETFSUID, UNCHANGED) != who.uid()) {
            throw new OsException("setfsuid", Errno.EPERM.number());
        }
    }

    private static int setId(long call, int id) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) (long) Calls.ONE.invokeExact(Libc.state(arena), call, (long) id);
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    private static void setGroups(List<Integer> groups) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment ids = arena.allocate(INT, Math.max(1, groups.size()));
            for (int i = 0; i < groups.size(); i++) {
                ids.setAtIndex(INT, i, groups.get(i));
            }
            long r = (long) Calls.TWO.invokeExact(state, Calls.SETGROUPS, (long) groups.size(), ids);
            Libc.check("setgroups", (int) r, state);
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** A thread that has another identity. */
    private static final class Bearer extends Thread {
        private final Identity identity;

        Bearer(Identity identity, Runnable work) {
            super(null, work, String.format(Locale.ROOT, "as-%d", identity.uid()), 0, false);
            this.identity = identity;
            setDaemon(true);
        }
    }

    /** Who this process is. */
    private static final class Own {
        static final Identity IDENTITY = read();

        private static Identity read() {
            try (Arena arena = Arena.ofConfined()) {
                int uid = (int) Calls.GETEUID.invokeExact();
                int gid = (int) Calls.GETEGID.invokeExact();
                MemorySegment state = Libc.state(arena);
                int most = (int) Calls.GETGROUPS.invokeExact(state, 0, MemorySegment.NULL);
                MemorySegment ids = arena.allocate(INT, Math.max(1, most));
                int n = (int) Calls.GETGROUPS.invokeExact(state, most, ids);
                List<Integer> groups = new ArrayList<>();
                for (int i = 0; i < n; i++) {
                    groups.add(ids.getAtIndex(INT, i));
                }
                return new Identity(uid, gid, groups);
            } catch (Throwable t) {
                throw Libc.impossible(t);
            }
        }
    }

    private static final class Calls {
        private static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");

        /** The numbers of the calls on x86-64, and those of the common table that arm64 has. */
        static final long SETGROUPS = ARM ? 159 : 116;

        static final long SETFSUID = ARM ? 151 : 122;
        static final long SETFSGID = ARM ? 152 : 123;

        static final MethodHandle ONE = Libc.variadic("syscall", 1, FunctionDescriptor.of(LONG, LONG, LONG));
        static final MethodHandle TWO = Libc.variadic("syscall", 1, FunctionDescriptor.of(LONG, LONG, LONG, POINTER));
        static final MethodHandle GETEUID = Libc.plain("geteuid", FunctionDescriptor.of(INT));
        static final MethodHandle GETEGID = Libc.plain("getegid", FunctionDescriptor.of(INT));
        static final MethodHandle GETGROUPS = Libc.function("getgroups", FunctionDescriptor.of(INT, INT, POINTER));
    }
}
