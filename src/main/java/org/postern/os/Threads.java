package org.postern.os;

/**
 * Threads for sessions and deliveries: virtual ones, except in a process that gives other users' rights to threads
 * ({@link ThreadIdentity}). Such a thread that wakes a virtual one may start a carrier for it, which inherits its rights
 * and keeps them; where no thread is virtual, nothing can (docs/adr/0033).
 */
public final class Threads {
    private Threads() {}

    /** Whether this process was root when it first made a thread for a session; it never becomes root later. */
    private static final class Root {
        static final boolean IS = read();

        private static boolean read() {
            try {
                return ThisProcess.identity().isRoot();
            } catch (java.io.IOException e) {
                // Not knowing, the choice that is always right.
                return true;
            }
        }
    }

    /** Not started yet. */
    public static Thread unstarted(String name, Runnable work) {
        return Root.IS
                ? Thread.ofPlatform().daemon().name(name).unstarted(work)
                : Thread.ofVirtual().name(name).unstarted(work);
    }

    public static Thread start(String name, Runnable work) {
        Thread thread = unstarted(name, work);
        thread.start();
        return thread;
    }
}
