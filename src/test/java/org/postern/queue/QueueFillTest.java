package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;

/** What dev/bench/queue-fill writes is a queue. */
class QueueFillTest {
    @TempDir
    Path dir;

    private int fill(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("dev/bench/queue-fill"));
        command.addAll(List.of(arguments));
        Process fill = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("output").toFile())
                .start();
        return fill.onExit().join().exitValue();
    }

    @Test
    void itsMessagesInTheLogAreReadBehindThoseThatAreThere() throws IOException {
        TestingQueue files = new TestingQueue(dir.resolve("queue"), Disk.real());
        String root = files.directory.root().toString();
        assertThat(fill(root, "--log", "--size", "60000", "300=ann@dead.example"))
                .isZero();
        assertThat(fill(root, "--log", "--recipients", "3", "2=bob@host{}.example"))
                .isZero();
        assertThat(files.names("log")).hasSize(3);
        assertThat(files.names("mess")).isEmpty();
        assertThat(new QueueFiles(files.directory).count()).isEqualTo(302);
        try (Queue queue = files.open()) {
            assertThat(queue.found()).hasSize(302);
            QueuedMessage last = queue.read(queue.found().getLast());
            assertThat(last.recipientCount()).isEqualTo(3);
            assertThat(last.recipientIndex().from(2).next()).isTrue();
            assertThat(last.recipientIndex().from(3).next()).isFalse();
            assertThat(TestingQueue.text(last)).startsWith("Received: (qmail " + last.told() + " invoked by uid ");
        }
        assertThat(files.log).isEmpty();
    }

    @Test
    void itsMessagesAreRead() throws IOException {
        TestingQueue files = new TestingQueue(dir.resolve("queue"), Disk.real());
        String root = files.directory.root().toString();
        assertThat(fill(root, "--age", "3600", "2=ann@dead.example", "2=bob@host{}.example"))
                .isZero();
        List<String> recipients = new ArrayList<>();
        try (Queue queue = files.open()) {
            for (MessageName name : queue.found()) {
                QueuedMessage message = queue.read(name);
                QueuedMessage.Recipients all = message.recipients();
                while (all.next()) {
                    recipients.add(all.address());
                }
                assertThat(message.sender()).isEqualTo("sender@fill.example");
                assertThat(message.taken())
                        .isBetween(
                                Instant.now().minusSeconds(3700), Instant.now().minusSeconds(3599));
                assertThat(TestingQueue.text(message))
                        .startsWith("Received: (qmail " + message.told() + " invoked by uid ");
            }
            assertThat(recipients)
                    .containsExactly("ann@dead.example", "ann@dead.example", "bob@host0.example", "bob@host1.example");
            assertThat(files.log).isEmpty();
            assertThat(fill(root, "1=ann@dead.example")).isEqualTo(1);
        }
        assertThat(Files.readString(dir.resolve("output"))).contains("somebody sends from " + root);
    }
}
