package org.postern.queue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Reads much from the disk: by several threads, and gives what was read in the order asked for. */
final class InOrder {
    private InOrder() {}

    /** Reads one of them, on any thread. */
    @FunctionalInterface
    interface Read<T, R> {
        R read(T from) throws IOException;
    }

    /** Receives what was read, on the caller's thread. */
    @FunctionalInterface
    interface Each<T, R> {
        void read(T from, R what) throws IOException;
    }

    /**
     * Reads all.
     *
     * @param octets what one of them takes in memory: all that are read at a time take a quarter of the heap at most
     * @throws IOException what a read or the receiver threw; then nothing more is read
     */
    static <T, R> void read(List<T> all, long octets, Read<T, R> read, Each<T, R> each) throws IOException {
        int threads = threads(
                octets,
                Runtime.getRuntime().availableProcessors(),
                Runtime.getRuntime().maxMemory());
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            ArrayDeque<Future<R>> underWay = new ArrayDeque<>();
            int given = 0;
            for (T next : all) {
                if (underWay.size() > threads) {
                    each.read(all.get(given++), result(underWay.remove()));
                }
                underWay.add(workers.submit(() -> read.read(next)));
            }
            while (!underWay.isEmpty()) {
                each.read(all.get(given++), result(underWay.remove()));
            }
        }
    }

    /** So many are read at a time, and one more is held. */
    static int threads(long octets, int processors, long heap) {
        return Math.clamp(heap / 4 / octets - 1, 1, processors);
    }

    private static <R> R result(Future<R> read) throws IOException {
        try {
            return read.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("while reading the queue");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IOException(String.valueOf(e.getCause()), e);
        }
    }
}
