package org.postern.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.os.Errno;

/**
 * Group commit for a directory: those who ask while a sync is under way, which may have begun too early for them, wait
 * together for the next.
 */
public final class SharedSync {
    private final Disk disk;
    private final Path directory;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();
    private boolean running;
    private Round next = new Round();

    /** One sync, and all who wait for it. */
    private static final class Round {
        boolean over;

        @Nullable
        IOException failure;
    }

    public SharedSync(Disk disk, Path directory) {
        this.disk = disk;
        this.directory = directory;
    }

    /**
     * Returns when all that was done in the directory before this call will survive a power cut.
     *
     * @throws IOException for each who waited for a sync that failed: a second one may succeed without having written
     *     what the first could not
     */
    public void sync() throws IOException {
        lock.lock();
        try {
            Round mine = next;
            while (!mine.over) {
                if (running) {
                    ended.awaitUninterruptibly();
                } else {
                    lead();
                }
            }
            IOException failure = mine.failure;
            if (failure != null) {
                throw new IOException(Errno.text(failure), failure);
            }
        } finally {
            lock.unlock();
        }
    }

    private void lead() {
        Round led = next;
        next = new Round();
        running = true;
        lock.unlock();
        IOException thrown = null;
        try {
            disk.syncDirectory(directory);
        } catch (IOException e) {
            thrown = e;
        } catch (RuntimeException | Error e) {
            thrown = new IOException(e);
        } finally {
            lock.lock();
            running = false;
            led.failure = thrown;
            led.over = true;
            ended.signalAll();
        }
    }
}
