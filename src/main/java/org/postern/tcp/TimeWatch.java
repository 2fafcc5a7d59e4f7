package org.postern.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends reads and writes that wait for too long. Java has no limit for a blocking write, and one for a blocking read
 * costs a timer each; here one thread looks once a second at what is under way, so that a limit costs an entry in a set.
 * It is kept to the second, which does for limits of many.
 */
final class TimeWatch {
    /** Shorter limits are not for this: a second more would be felt. */
    static final Duration LEAST = Duration.ofSeconds(20);

    private static final Set<Watched> UNDER_WAY = ConcurrentHashMap.newKeySet();

    static {
        Thread.ofPlatform().daemon().name("time-watch").start(TimeWatch::sweep);
    }

    private TimeWatch() {}

    /** A read that ends at its limit as if the client had said no more; what is written still goes out. */
    static Watched reading(SocketChannel channel, Duration limit) {
        return during(channel::shutdownInput, limit);
    }

    /** A write that fails at its limit, since the channel is closed. */
    static Watched writing(SocketChannel channel, Duration limit) {
        return during(channel::close, limit);
    }

    private static Watched during(End end, Duration limit) {
        Watched watched = new Watched(end, System.nanoTime() + limit.toNanos());
        UNDER_WAY.add(watched);
        return watched;
    }

    private static void sweep() {
        while (true) {
            try {
                Thread.sleep(1000);
            } catch (InterruptedException e) {
                return;
            }
            long now = System.nanoTime();
            for (Watched w : UNDER_WAY) {
                if (now - w.deadline > 0) {
                    w.expire();
                }
            }
        }
    }

    private interface End {
        void now() throws IOException;
    }

    /** A read or write under way. Identity, not value: two are never the same. */
    static final class Watched implements Closeable {
        private final End end;
        private final long deadline;
        private volatile boolean expired;

        private Watched(End end, long deadline) {
            this.end = end;
            this.deadline = deadline;
        }

        private void expire() {
            expired = true;
            try {
                end.now();
            } catch (IOException e) {
                // The socket is beyond help, and what is under way on it fails by itself.
                UNDER_WAY.remove(this);
            }
        }

        /** Whether the limit has passed. */
        boolean hasExpired() {
            return expired;
        }

        @Override
        public void close() {
            UNDER_WAY.remove(this);
        }
    }
}
