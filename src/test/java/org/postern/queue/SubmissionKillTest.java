package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;

/** The queue's owner is killed while others submit: what was answered is there, and nobody is left hanging. */
@Timeout(120)
class SubmissionKillTest {
    private static final int WRITERS = 8;
    private static final int BEFORE_THE_KILL = 100;
    private static final String TEXT = "Subject: t\n\n" + "body\n".repeat(200);

    @TempDir
    private Path scratch;

    private final Set<Long> answered = java.util.concurrent.ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Integer> refused = new ConcurrentLinkedQueue<>();

    @Test
    void nothingThatWasAnsweredIsLost() throws Exception {
        TestingQueue files = new TestingQueue(scratch.resolve("q"), Disk.real());
        files.open().close();
        Process owner = owner();
        try (ExecutorService executor = Executors.newFixedThreadPool(WRITERS)) {
            assertThat(owner.inputReader().readLine()).startsWith("serving");
            CountDownLatch enough = new CountDownLatch(BEFORE_THE_KILL);
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                writers.add(executor.submit(() -> submitUntilDropped(files, enough)));
            }
            enough.await();
            owner.destroyForcibly();
            for (Future<?> writer : writers) {
                writer.get();
            }
        } finally {
            owner.destroyForcibly().waitFor();
        }
        assertThat(refused).allMatch(exit -> exit == QueueExit.COMMUNICATION_FAILED);
        assertThat(refused.size()).as("at most what each had under way").isLessThanOrEqualTo(WRITERS);
        try (Queue queue = files.open()) {
            Set<Long> kept = new HashSet<>();
            for (MessageName name : queue.found()) {
                assertThat(TestingQueue.text(queue.read(name))).endsWith("-0000\n" + TEXT);
                kept.add(name.id());
            }
            for (String name : files.names("drop")) {
                MessageName.parse(name).ifPresent(n -> kept.add(n.id()));
            }
            assertThat(kept).containsAll(answered);
            assertThat(kept.size()).isLessThanOrEqualTo(answered.size() + refused.size());
        }
    }

    private Void submitUntilDropped(TestingQueue files, CountDownLatch enough) throws IOException {
        DropIntake drop = new DropIntake(files.directory, Disk.real(), InstantSource.system(), Origin.LOCAL);
        Intake intake = new SocketIntake(files.directory, drop, Origin.LOCAL);
        while (files.names("drop").size() < WRITERS) {
            switch (TestingQueue.submit(intake, TEXT, "s@x", "a@x")) {
                case Intake.Outcome.Queued queued -> answered.add(queued.id());
                case Intake.Outcome.Refused r -> refused.add(r.exit());
            }
            enough.countDown();
        }
        return null;
    }

    private Process owner() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                        "--add-opens=java.base/java.io=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TestingOwner.class.getName(),
                        Files.createDirectories(scratch.resolve("q")).toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
