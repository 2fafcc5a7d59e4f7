package org.postern.remote;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.postern.file.HintFile;
import org.postern.os.Errno;

/**
 * The hosts that did not answer, kept in the queue's file tcpto: read once, and written soon after they have changed, but
 * not more often than once in {@link #PAUSE}, however many hosts time out.
 */
final class DeadHostsFile {
    static final Duration PAUSE = Duration.ofSeconds(5);

    private final HintFile file;
    private final long pause;
    private final Consumer<String> alerts;
    private final DeadHosts hosts;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ends = lock.newCondition();
    private boolean waits;
    private boolean closed;
    private boolean failing;
    private long written;

    /** @param alerts told when the file cannot be read or written, a line each time that begins */
    DeadHostsFile(HintFile file, InstantSource clock, Consumer<String> alerts) {
        this(file, clock, alerts, PAUSE);
    }

    DeadHostsFile(HintFile file, InstantSource clock, Consumer<String> alerts, Duration pause) {
        this.file = file;
        this.pause = pause.toNanos();
        written = System.nanoTime() - this.pause;
        this.alerts = alerts;
        hosts = new DeadHosts(clock, this::changed);
        try {
            hosts.take(file.read(DeadHosts.MOST).stream()
                    .map(TimedOut::parse)
                    .flatMap(Optional::stream)
                    .toList());
        } catch (IOException e) {
            alerts.accept("warning: unable to read " + file.file() + ": " + Errno.djbText(e)
                    + "; hosts that did not answer before are tried again");
        }
    }

    DeadHosts hosts() {
        return hosts;
    }

    private void changed() {
        lock.lock();
        try {
            if (!waits && !closed) {
                waits = true;
                Thread.ofVirtual().name("tcpto").start(this::writeLater);
            }
        } finally {
            lock.unlock();
        }
    }

    private void writeLater() {
        lock.lock();
        try {
            long left = written + pause - System.nanoTime();
            while (waits && left > 0) {
                left = ends.awaitNanos(left);
            }
            if (waits) {
                write();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void write() {
        waits = false;
        written = System.nanoTime();
        try {
            file.write(hosts.all().stream().map(TimedOut::line).toList());
            failing = false;
        } catch (IOException e) {
            if (!failing) {
                failing = true;
                alerts.accept("warning: unable to write " + file.file() + ": " + Errno.djbText(e)
                        + "; a restart forgets which hosts did not answer");
            }
        }
    }

    /** Forgets all, in the file as well. */
    void clear() {
        hosts.clear();
        lock.lock();
        try {
            write();
        } finally {
            lock.unlock();
        }
    }

    /** Writes what is still to be written; nothing is written any more. */
    void close() {
        lock.lock();
        try {
            closed = true;
            if (waits) {
                write();
                ends.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }
}
