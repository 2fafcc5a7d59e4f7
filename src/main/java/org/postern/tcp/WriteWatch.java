package org.postern.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Closes sockets whose client has stopped reading. Java has no limit for a blocking write; one thread looks once a
 * second at the writes under way, so a write costs an entry in a set and nothing more.
 */
final class WriteWatch {
    private static final Set<Watched> UNDER_WAY = ConcurrentHashMap.newKeySet();

    static {
        Thread.ofPlatform().daemon().name("write-watch").start(WriteWatch::sweep);
    }

    private WriteWatch() {}

    static Watched during(SocketChannel channel, Duration limit) {
        Watched watched = new Watched(channel, System.nanoTime() + limit.toNanos());
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
                    w.abort();
                }
            }
        }
    }

    /** A write under way. Identity, not value: two writes are never the same. */
    static final class Watched implements Closeable {
        private final SocketChannel channel;
        private final long deadline;

        private Watched(SocketChannel channel, long deadline) {
            this.channel = channel;
            this.deadline = deadline;
        }

        private void abort() {
            try {
                channel.close();
            } catch (IOException e) {
                // Closing failed: the write under way fails by itself.
                UNDER_WAY.remove(this);
            }
        }

        @Override
        public void close() {
            UNDER_WAY.remove(this);
        }
    }
}
