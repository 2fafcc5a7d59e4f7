package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.postern.queue.TestingQueue.submit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.SharedSync;
import org.postern.file.TestingDisk;
import org.postern.os.Octets;

@Timeout(60)
class MessageLogTest {
    private static final String TEXT = "Subject: t\n\nbody\n";
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    private Path scratch;

    private final TestingDisk disk = new TestingDisk();
    private final List<String> said = java.util.Collections.synchronizedList(new ArrayList<>());
    private QueueDirectory directory;

    @BeforeEach
    void makeQueue() throws IOException {
        directory = new QueueDirectory(scratch.resolve("q"));
        directory.makeRoot(disk);
        directory.prepare(disk);
    }

    private MessageLog open(Duration patience) throws IOException {
        return new MessageLog(
                directory,
                disk,
                new SharedSync(disk, directory.mess()),
                said::add,
                LogRecovery.read(directory, Set.copyOf(inMess()), said::add),
                new Patience(patience, Patience.USUAL.trouble()),
                new Leftovers(disk));
    }

    private List<String> inMess() {
        return names("mess");
    }

    private List<String> names(String name) {
        return new TestingQueue(directory.root(), disk).names(name);
    }

    private static MessageName name(int id) {
        return new MessageName(id, id + "-" + String.format("%016x", id));
    }

    private static byte[] octets(int id) {
        return Octets.bytes("message " + id + "\n");
    }

    private void fault(String operation, String below, String words) {
        disk.fault((what, file) -> what.equals(operation) && file.getParent().endsWith(below)
                ? new java.nio.file.FileSystemException(file.toString(), null, words)
                : null);
    }

    private void noFault() {
        disk.fault((operation, file) -> null);
    }

    @Test
    void thoseWhoComeTogetherShareASync() throws Exception {
        int count = 200;
        try (MessageLog log = open(LONG)) {
            AtomicInteger failed = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (int i = 1; i <= count; i++) {
                int id = i;
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        log.add(name(id), octets(id));
                    } catch (IOException e) {
                        failed.incrementAndGet();
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failed).hasValue(0);
            long syncs = disk.operations().stream()
                    .filter(o -> o.equals("sync 0000000001"))
                    .count();
            assertThat(syncs).isBetween(1L, (long) count / 2);
            for (int i = 1; i <= count; i++) {
                assertThat(content(log, name(i))).isEqualTo(octets(i));
            }
        }
    }

    private static byte[] content(MessageLog log, MessageName name) throws IOException {
        return Place.open(() -> log.place(name), (channel, place) -> {
            try (channel) {
                return MessageFile.read(channel, place.offset(), (int) place.length());
            }
        });
    }

    @Test
    void whatCameLatelyIsInMemoryUntilItIsDone() throws IOException {
        try (MessageLog log = open(LONG)) {
            log.add(name(1), octets(1));
            assertThat(log.recent(name(1))).isEqualTo(octets(1)).isEqualTo(content(log, name(1)));
            log.remove(name(1));
            assertThat(log.recent(name(1))).isNull();
        }
    }

    @Test
    void whatCameLatelyTakesOnlySoMuchMemory() throws IOException {
        byte[] large = new byte[1 << 20];
        try (MessageLog log = open(LONG)) {
            for (int i = 1; i <= 9; i++) {
                log.add(name(i), large);
            }
            assertThat(log.recent(name(8))).hasSize(1 << 20);
            assertThat(log.recent(name(9))).isNull();
            assertThat(content(log, name(9))).isEqualTo(large);
            log.remove(name(1));
            log.add(name(10), large);
            assertThat(log.recent(name(10))).isEqualTo(large);
        }
    }

    @Test
    void whatHasAFileIsNotInMemory() throws IOException {
        try (MessageLog log = open(Duration.ofMillis(20))) {
            log.add(name(1), octets(1));
            await().until(() -> inMess().contains(name(1).text()) && log.place(name(1)) == null);
            assertThat(log.recent(name(1))).isNull();
        }
    }

    @Test
    void whatStaysGetsAFileAndTheSegmentGoes() throws IOException {
        try (MessageLog log = open(Duration.ofMillis(20))) {
            log.add(name(1), octets(1));
            // What is in the second is that the message of the first is done.
            await().until(() -> names("log").equals(List.of("0000000002")));
            assertThat(Files.readAllBytes(directory.mess().resolve(name(1).text())))
                    .isEqualTo(octets(1));
            assertThat(log.place(name(1))).isNull();
            assertThat(log.remove(name(1))).isFalse();
        }
    }

    @Test
    void aSegmentWithNothingToKeepStaysInUse() throws IOException {
        try (MessageLog log = open(LONG)) {
            for (int i = 1; i <= 20; i++) {
                log.add(name(i), octets(i));
                assertThat(log.remove(name(i))).isTrue();
            }
            assertThat(names("log")).containsExactly("0000000001");
        }
        assertThat(inMess()).isEmpty();
        assertThat(names("log")).isEmpty();
    }

    @Test
    void aCleanStopLeavesFilesAlone() throws IOException {
        try (MessageLog log = open(LONG)) {
            for (int i = 1; i <= 100; i++) {
                log.add(name(i), octets(i));
            }
            assertThat(log.remove(name(50))).isTrue();
        }
        assertThat(names("log")).isEmpty();
        assertThat(inMess()).hasSize(99).doesNotContain(name(50).text());
    }

    @Test
    void aMessageThatCouldNotBeWrittenIsNotThereAfterARestart() throws IOException {
        MessageLog log = open(LONG);
        log.add(name(1), octets(1));
        fault("sync", "log", "Input/output error");
        assertThatThrownBy(() -> log.add(name(2), octets(2))).hasMessage("Input/output error");
        noFault();
        log.add(name(3), octets(3));
        assertThat(disk.operations()).contains("create 0000000002");
        // As kill -9 leaves it.
        assertThat(LogRecovery.read(directory, Set.of(), said::add).messages().keySet())
                .containsExactlyInAnyOrder(name(1), name(3));
        log.close();
        assertThat(inMess()).containsExactly(name(1).text(), name(3).text());
    }

    @Test
    void onAFullDiskASegmentWhoseMessagesAreDoneMakesRoom() throws IOException {
        try (MessageLog log = open(LONG)) {
            log.add(name(1), octets(1));
            fault("write", "log", "No space left on device");
            assertThatThrownBy(() -> log.add(name(2), octets(2))).hasMessage("No space left on device");
            assertThatThrownBy(() -> log.remove(name(1))).hasMessage("No space left on device");
            await().until(() -> names("log").isEmpty());
            assertThat(log.remove(name(1))).isFalse();
            noFault();
            log.add(name(4), octets(4));
        }
        assertThat(inMess()).containsExactly(name(4).text());
    }

    @Test
    void aFileThatCouldNotBeMadeIsMadeLater() throws IOException {
        MessageLog log = open(Duration.ofMillis(1));
        fault("rename", "mess", "No space left on device");
        log.add(name(1), octets(1));
        await().until(() -> said.stream().anyMatch(l -> l.contains("out of disk space; will try again later")));
        assertThat(content(log, name(1))).isEqualTo(octets(1));
        noFault();
        log.close();
        assertThat(inMess()).containsExactly(name(1).text());
        assertThat(names("log")).isEmpty();
    }

    /** The file is there, but nobody knows whether it stays: message and file are removed together. */
    @Test
    void aMessageMovedByHalvesIsRemovedInBothPlaces() throws IOException {
        MessageLog log = open(Duration.ofMillis(1));
        disk.fault((operation, file) ->
                operation.equals("syncdir") && file.endsWith("mess") ? new IOException("Input/output error") : null);
        log.add(name(1), octets(1));
        await().until(() -> !said.isEmpty() && !inMess().isEmpty());
        assertThat(log.remove(name(1))).isFalse();
        noFault();
        log.close();
    }

    @Test
    void laterSegmentsAreRemovedAfterEarlierOnes() throws IOException {
        MessageLog log = open(LONG);
        byte[] large = new byte[LogWriter.SEGMENT_OCTETS / 2 + 1];
        log.add(name(1), octets(1));
        log.add(name(2), large);
        log.add(name(3), large);
        log.add(name(4), octets(4)); // In the second segment.
        log.remove(name(2));
        log.remove(name(3));
        log.remove(name(4));
        log.add(name(5), large);
        log.add(name(6), large);
        log.add(name(7), octets(7)); // In the third.
        log.remove(name(5));
        log.remove(name(6));
        assertThat(names("log"))
                .containsExactly("0000000001", "0000000002", "0000000003"); // The first still keeps a message.
        log.remove(name(1));
        await().until(() -> !names("log").contains("0000000002"));
        List<String> operations = disk.operations();
        int first = operations.indexOf("unlink 0000000001");
        int second = operations.indexOf("unlink 0000000002");
        assertThat(operations.subList(first, second)).contains("syncdir log");
        log.close();
    }

    @Test
    void aDamagedSegmentIsKeptAside() throws IOException {
        MessageLog log = open(LONG);
        log.add(name(1), octets(1));
        log.add(name(2), octets(2));
        Path segment = directory.log().resolve("0000000001");
        byte[] all = Files.readAllBytes(segment);
        log.close();
        all[60] ^= 1;
        Files.write(segment, all);
        open(Duration.ofMillis(1)).close();
        assertThat(inMess()).containsExactly(name(1).text(), name(2).text());
        assertThat(names("bad")).singleElement().asString().startsWith("log-0000000001-");
        assertThat(said).anyMatch(l -> l.startsWith("alert: ") && l.contains("was damaged"));
    }

    @Test
    void aDamagedHeadCostsNothingBehindItsBack() throws IOException {
        MessageLog log = open(LONG);
        log.add(name(1), octets(1));
        Path segment = directory.log().resolve("0000000001");
        byte[] all = Files.readAllBytes(segment);
        log.close();
        all[3] ^= 1;
        Files.write(segment, all);
        open(Duration.ofMillis(1)).close();
        assertThat(Files.readAllBytes(directory.bad().resolve(names("bad").getFirst())))
                .isEqualTo(all);
        assertThat(said).anyMatch(l -> l.startsWith("alert: ") && l.contains("was damaged"));
    }

    /** What the queue does: a message that may have a file has that removed, too. */
    private void end(MessageLog log, MessageName name) throws IOException {
        if (!log.remove(name)) {
            Files.deleteIfExists(directory.mess().resolve(name.text()));
        }
    }

    @Test
    void aMessageThatEndsWhileItsSegmentIsEmptiedLeavesNothing() throws Exception {
        AtomicInteger failed = new AtomicInteger();
        try (MessageLog log = open(Duration.ofMillis(1))) {
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                int first = 1 + 1000 * t;
                threads.add(Thread.ofVirtual().start(() -> {
                    try {
                        for (int i = first; i < first + 60; i++) {
                            log.add(name(i), octets(i));
                            end(log, name(i));
                        }
                    } catch (IOException e) {
                        failed.incrementAndGet();
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertThat(failed).hasValue(0);
        assertThat(inMess()).isEmpty();
        assertThat(names("log")).isEmpty();
    }

    @Test
    void aMessageWhoseFileAKillLeftBesideItsRecordDoesNotComeBack() throws IOException {
        MessageLog killed = open(LONG);
        killed.add(name(1), octets(1));
        Files.write(directory.mess().resolve(name(1).text()), octets(1));
        try (MessageLog log = open(LONG)) {
            assertThat(log.place(name(1))).isNull();
            end(log, name(1));
            assertThat(LogRecovery.read(directory, Set.of(), said::add).messages())
                    .isEmpty();
        }
        killed.close();
    }

    @Test
    void whateverIsThrownTheNextOnesAreWritten() throws IOException {
        try (MessageLog log = open(LONG)) {
            disk.fault((operation, file) -> {
                if (operation.equals("sync") && file.getParent().endsWith("log")) {
                    throw new OutOfMemoryError("for a test");
                }
                return null;
            });
            assertThatThrownBy(() -> log.add(name(1), octets(1))).isInstanceOf(IOException.class);
            noFault();
            log.add(name(2), octets(2));
        }
        assertThat(inMess()).containsExactly(name(2).text());
    }

    @Test
    void onceClosedItTakesNothing() throws IOException {
        MessageLog log = open(LONG);
        log.add(name(1), octets(1));
        log.close();
        assertThatThrownBy(() -> log.add(name(2), octets(2))).hasMessage("the queue is closed");
        assertThat(log.remove(name(1))).isFalse();
        assertThat(inMess()).containsExactly(name(1).text());
    }

    @Test
    void smallMessagesGoIntoTheLogAndLargeOnesIntoFiles() throws IOException {
        TestingQueue files = new TestingQueue(directory.root(), disk);
        try (Queue queue = files.open()) {
            for (int size : new int[] {1, OwnDraft.LARGE / 2, OwnDraft.LARGE - 200, OwnDraft.LARGE, 300_000}) {
                String text = TEXT + "x".repeat(size) + "\n";
                assertThat(submit(queue.intake(Origin.LOCAL), text, "s@x", "a@x"))
                        .isInstanceOf(Intake.Outcome.Queued.class);
                MessageName name = queue.nextArrival();
                assertThat(TestingQueue.text(queue.read(name))).endsWith(text).startsWith("Received: ");
                assertThat(inMess().contains(name.text())).as("%d octets", size).isEqualTo(size >= OwnDraft.LARGE);
            }
            String[] many = new String[OwnDraft.LARGE / 10];
            java.util.Arrays.fill(many, "someone@example");
            submit(queue.intake(Origin.LOCAL), TEXT, "s@x", many);
            assertThat(inMess()).contains(queue.nextArrival().text());
            assertThat(files.messages()).hasSize(6);
        }
        assertThat(inMess()).hasSize(6);
    }

    @Test
    void aMessageIsReadWhereverItIs() throws IOException {
        TestingQueue files = new TestingQueue(directory.root(), disk);
        MessageName name;
        try (Queue queue = files.open()) {
            submit(queue.intake(Origin.LOCAL), TEXT, "s@x", "a@x");
            name = queue.nextArrival();
            QueuedMessage message = queue.read(name);
            try (var in = message.open()) {
                assertThat(Octets.of(in.readAllBytes())).endsWith(TEXT);
            }
            assertThat(queue.exists(name)).isTrue();
        }
        try (Queue queue = files.open()) {
            assertThat(queue.found()).containsExactly(name);
            assertThat(TestingQueue.text(queue.read(name))).endsWith(TEXT);
        }
    }

    @Test
    void aDraftThatIsClosedWithoutACommitLeavesNothing() throws IOException {
        TestingQueue files = new TestingQueue(directory.root(), disk);
        try (Queue queue = files.open()) {
            for (int size : new int[] {10, 300_000}) {
                try (Intake.Draft draft = queue.intake(Origin.LOCAL).begin()) {
                    draft.write(new byte[size], 0, size);
                }
            }
            assertThat(queue.nextArrival()).isNull();
            assertThat(files.messages()).isEmpty();
        }
    }
}
