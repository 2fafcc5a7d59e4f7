package org.postern.queue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Tells when something new lies in the drop: inotify, where the original has a FIFO. A FIFO would have to be writable
 * for everybody, and anybody could keep it busy.
 */
public final class Trigger implements Closeable {
    private final WatchService watch;

    public Trigger(QueueDirectory queue) throws IOException {
        watch = queue.drop().getFileSystem().newWatchService();
        try {
            queue.drop().register(watch, StandardWatchEventKinds.ENTRY_CREATE);
        } catch (IOException e) {
            watch.close();
            throw e;
        }
    }

    /** Returns when there is something new, or the time has passed. */
    public void await(Duration limit) throws InterruptedException {
        WatchKey key = watch.poll(limit.toMillis(), TimeUnit.MILLISECONDS);
        if (key != null) {
            key.pollEvents();
            key.reset();
        }
    }

    @Override
    public void close() throws IOException {
        watch.close();
    }
}
