package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
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

    /** Whether this process can give a thread that identity, and it would be another: only root can. */
    public static boolean changes(Identity who) {
        return effectiveUser() == 0 && !who.isRoot();
    }

    /** Whether this thread has the rights of its process, and not a user's. */
    public static boolean isOwn() {
        return !(Thread.currentThread() instanceof Bearer);
    }

    /**
     * Runs the work with this identity's rights to files, on a fresh platform thread; here, where that is who we are.
     *
     * @throws OsException EPERM where the rights cannot be had; the work has then not run
     */
    public static <T> T as(Identity who, Callable<T> work) throws Exception {
        ensureOwn();
        Bearer bearer = Thread.currentThread() instanceof Bearer b ? b : null;
        if (bearer == null ? who.uid() == effectiveUser() : who.equals(bearer.identity)) {
            return work.call();
        }
        Identity own = ThisProcess.identity();
        FutureTask<T> task = new FutureTask<>(() -> {
            take(who);
            try {
                return work.call();
            } finally {
                // Before the waiting thread is woken, which may start a carrier thread.
                take(own);
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
     * Gives this thread the process's own ids, where it has inherited others from the thread that started it. Two
     * system calls where nothing is to be done.
     */
    public static void ensureOwn() throws IOException {
        if (!(Thread.currentThread() instanceof Bearer) && setId(Calls.SETFSUID, UNCHANGED) != effectiveUser()) {
            take(ThisProcess.identity());
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

    /** The process's effective user. Asked each time: tcpserver's -u changes it on the way. */
    public static int effectiveUser() {
        try {
            return (int) Calls.GETEUID.invokeExact();
        } catch (Throwable t) {
            throw Libc.impossible(t);
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

    private static final class Calls {
        private static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");

        /** The numbers of the calls on x86-64, and those of the common table that arm64 has. */
        static final long SETGROUPS = ARM ? 159 : 116;

        static final long SETFSUID = ARM ? 151 : 122;
        static final long SETFSGID = ARM ? 152 : 123;

        static final MethodHandle ONE = Libc.variadic("syscall", 1, FunctionDescriptor.of(LONG, LONG, LONG));
        static final MethodHandle TWO = Libc.variadic("syscall", 1, FunctionDescriptor.of(LONG, LONG, LONG, POINTER));
        static final MethodHandle GETEUID = Libc.plain("geteuid", FunctionDescriptor.of(INT));
    }
}
