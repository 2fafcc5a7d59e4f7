package org.postern.send;

import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.postern.os.Errno;
import org.postern.queue.Queue;
import org.postern.queue.Trigger;

/** Empties the drop whenever something falls in. */
final class DropWatch implements Runnable {
    /** It is looked at so often in any case, as after trouble. */
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    /** While large messages are being copied, that others of them need not wait longer. */
    private static final Duration WHILE_TAKING = Duration.ofMillis(200);

    private static final Duration CLEANING = Duration.ofHours(1);

    private final Queue queue;
    private final SendLog log;
    private final BooleanSupplier exiting;

    DropWatch(Queue queue, SendLog log, BooleanSupplier exiting) {
        this.queue = queue;
        this.log = log;
        this.exiting = exiting;
    }

    @Override
    public void run() {
        try {
            try (Trigger trigger = new Trigger(queue.directory())) {
                watch(trigger::await, INTERVAL);
            } catch (IOException e) {
                // inotify's instances are limited.
                log.line("warning: unable to watch the drop: " + Errno.djbText(e) + "; looking every second");
                watch(Thread::sleep, Duration.ofSeconds(1));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for something new, at most so long. */
    @FunctionalInterface
    private interface Pause {
        void await(Duration limit) throws InterruptedException;
    }

    private void watch(Pause pause, Duration interval) throws InterruptedException {
        long cleaned = System.nanoTime() - CLEANING.toNanos();
        while (!exiting.getAsBoolean()) {
            if (System.nanoTime() - cleaned >= CLEANING.toNanos()) {
                cleaned = System.nanoTime();
                clean();
            }
            empty();
            pause.await(queue.isTaking() ? WHILE_TAKING : interval);
        }
    }

    private void empty() {
        try {
            int taken = 1;
            while (taken > 0 && !exiting.getAsBoolean()) {
                taken = queue.take();
            }
        } catch (IOException e) {
            log.line("alert: unable to opendir drop: " + Errno.djbText(e) + "; sleeping...");
        } catch (Throwable e) {
            // Whatever it is, mail must still be taken when it is over.
            log.line("alert: unable to take from drop: " + e + "; sleeping...");
        }
    }

    private void clean() {
        try {
            queue.removeAbandoned();
        } catch (IOException e) {
            log.line("warning: unable to clean drop: " + Errno.djbText(e));
        } catch (Throwable e) {
            log.line("alert: unable to clean drop: " + e);
        }
    }
}
