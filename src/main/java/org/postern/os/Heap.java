package org.postern.os;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Keeps a server's memory near to what it needs. The collector ({@code -XX:+UseSerialGC}) looks at old objects only when
 * all memory it may ever have is full, a quarter of the machine's; what a message needs for some seconds would pile up
 * until then (ADR 78).
 */
public final class Heap {
    private static final int EVERY_MILLIS = 5000;
    /** So much may come on top of half of what was in use after the last collection; young objects are most of it. */
    private static final long ROOM = 80L << 20;

    private static final AtomicBoolean watched = new AtomicBoolean();

    private Heap() {}

    /** Looks after it from now on until the process ends. */
    public static void watch() {
        if (!watched.getAndSet(true)) {
            Thread.ofPlatform().daemon().name("heap").start(Heap::run);
        }
    }

    private static void run() {
        long after = used();
        try {
            while (true) {
                Thread.sleep(EVERY_MILLIS);
                if (isDue(after, used())) {
                    System.gc();
                    after = used();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @param after octets in use after the last collection */
    static boolean isDue(long after, long now) {
        return now > after + after / 2 + ROOM;
    }

    private static long used() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
