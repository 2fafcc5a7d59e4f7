package org.postern.send;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.postern.config.SendSettings;
import org.postern.file.Disk;
import org.postern.mail.Deliverer;
import org.postern.queue.Queue;
import org.postern.queue.TestingQueue;

/** A sender that runs on a queue of a test, until it is closed. */
final class TestingSender implements AutoCloseable {
    final TestingQueue files;
    final Queue queue;
    final Sender sender;
    private final Thread thread;

    TestingSender(Path root, Disk disk, SendSettings settings, Deliverer local, Deliverer remote) throws IOException {
        this(new TestingQueue(root, disk), settings, local, remote);
    }

    TestingSender(TestingQueue files, SendSettings settings, Deliverer local, Deliverer remote) throws IOException {
        this(files, settings, new Deliverers(local, remote));
    }

    TestingSender(TestingQueue files, SendSettings settings, Deliverers deliverers) throws IOException {
        this.files = files;
        queue = files.open();
        sender = new Sender(
                queue,
                settings,
                deliverers,
                current -> current.withRouting(
                        java.util.Set.of("new.example"), java.util.Map.of("virtual.example", "owner")),
                new SenderClock(files.clock, new Random(1)),
                files.log::add,
                Duration.ofSeconds(2));
        thread = Thread.ofVirtual().start(() -> {
            try {
                sender.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    List<String> log() {
        synchronized (files.log) {
            return List.copyOf(files.log);
        }
    }

    void awaitLog(String line) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofSeconds(20))
                .until(() -> log().contains(line));
    }

    /** Until nothing is in the queue. */
    void awaitEmpty() {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofSeconds(20))
                .until(() -> files.messages().isEmpty() && files.names("drop").isEmpty());
    }

    void awaitStopped() {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(2))
                .atMost(Duration.ofSeconds(20))
                .until(() -> !thread.isAlive());
    }

    @Override
    public void close() {
        sender.terminate();
        awaitStopped();
        queue.close();
    }
}
