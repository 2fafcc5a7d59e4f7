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

    private static final int INTERVALS_TO_CLEANING = 360;

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
        try (Trigger trigger = new Trigger(queue.directory())) {
            for (long round = 0; !exiting.getAsBoolean(); round++) {
                if (round % INTERVALS_TO_CLEANING == 0) {
                    clean();
                }
                empty();
                trigger.await(INTERVAL);
            }
        } catch (IOException e) {
            log.line("warning: unable to watch the drop: " + Errno.djbText(e) + "; looking every second");
            poll();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Without inotify (its instances are limited). */
    private void poll() {
        try {
            while (!exiting.getAsBoolean()) {
                empty();
                Thread.sleep(Duration.ofSeconds(1));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
        }
    }

    private void clean() {
        try {
            queue.removeAbandoned();
        } catch (IOException e) {
            log.line("warning: unable to clean drop: " + Errno.djbText(e));
        }
    }
}
