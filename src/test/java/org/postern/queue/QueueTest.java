package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.postern.queue.TestingQueue.submit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingRecords;
import org.postern.file.Disk;
import org.postern.file.TestingDisk;
import org.postern.mail.Envelope;

@Timeout(60)
class QueueTest {
    private static final String TEXT = "Subject: t\n\nbody\n";

    @TempDir
    private Path scratch;

    private TestingQueue files;

    @BeforeEach
    void root() {
        files = new TestingQueue(scratch.resolve("q"), Disk.real());
    }

    @Test
    void theDirectoriesHaveTheModesOfTheTable() throws IOException {
        files.open().close();
        assertThat(mode("")).isEqualTo(0711);
        assertThat(mode("drop")).isEqualTo(03777);
        for (String name : List.of("log", "mess", "marks", "bad")) {
            assertThat(mode(name)).isEqualTo(0700);
        }
        assertThat(scratch.resolve("q/format")).hasContent("postern-queue 2");
    }

    private int mode(String name) throws IOException {
        return (int) Files.getAttribute(scratch.resolve("q").resolve(name), "unix:mode") & 07777;
    }

    @Test
    void aSecondOwnerIsRefusedWithThePidOfTheFirst() throws IOException {
        Queue first = files.open();
        for (int i = 0; i < 2; i++) {
            Queue.Opening second = files.tryOpen();
            assertThat(second)
                    .isInstanceOfSatisfying(
                            Queue.Opening.InUse.class,
                            u -> assertThat(u.pid())
                                    .contains(Long.toString(
                                            ProcessHandle.current().pid())));
        }
        first.close();
        files.open().close();
    }

    @Test
    void whileItIsBeingSubmittedNobodyCanKnowAMessagesName() throws IOException {
        files.open().close();
        try (Intake.Draft draft = files.drop().begin()) {
            String begun = files.names("drop").getFirst();
            draft.commit(new Envelope("s@x", List.of("a@x")));
            String submitted = files.names("drop").getFirst();
            String token = submitted.substring(submitted.indexOf('-') + 1);
            assertThat(begun).startsWith(".").doesNotContain(token);
        }
    }

    @Test
    void aQueueOfAnotherFormatIsRefused() throws IOException {
        files.open().close();
        Files.writeString(scratch.resolve("q/format"), "postern-queue 3\n");
        assertThatThrownBy(files::tryOpen).hasMessageContaining("\"postern-queue 3\"");
    }

    @Test
    void aQueueOfTheFormatBeforeGetsALog() throws IOException {
        files.open().close();
        Files.writeString(scratch.resolve("q/format"), "postern-queue 1\n");
        Files.delete(scratch.resolve("q/log"));
        files.open().close();
        assertThat(mode("log")).isEqualTo(0700);
        assertThat(scratch.resolve("q/format")).hasContent("postern-queue 2");
    }

    @Test
    void aFirstStartThatWasCutShortIsMadeGood() throws IOException {
        Files.createDirectories(scratch.resolve("q/drop"));
        files.open().close();
        assertThat(mode("drop")).isEqualTo(03777);
    }

    @Test
    void whatIsDroppedIsTakenWithTheReceivedLineOnTop() throws IOException {
        try (Queue queue = files.open()) {
            Intake.Outcome outcome = submit(files.drop(), TEXT, "s@x", "a@x", "b@y");
            long told = ((Intake.Outcome.Queued) outcome).id();
            assertThat(queue.take()).isEqualTo(1);
            MessageName name = queue.nextArrival();
            assertThat(name.id()).isEqualTo(told);
            QueuedMessage m = queue.read(name);
            int uid = (int) Files.getAttribute(scratch, "unix:uid");
            assertThat(TestingQueue.text(m))
                    .isEqualTo("Received: (qmail " + told + " invoked by uid " + uid + "); 24 Nov 2026 02:17:53 -0000\n"
                            + TEXT);
            assertThat(m.size()).isEqualTo(TestingQueue.text(m).length());
            assertThat(m.sender()).isEqualTo("s@x");
            assertThat(m.recipientCount()).isEqualTo(2);
            assertThat(m.told()).isEqualTo(told);
            assertThat(m.uid()).isEqualTo(uid);
            assertThat(recipients(m)).containsExactly("0 a@x", "1 b@y");
            assertThat(files.names("drop")).isEmpty();
            assertThat(queue.take()).isZero();
        }
    }

    static List<String> recipients(QueuedMessage m) {
        List<String> all = new ArrayList<>();
        QueuedMessage.Recipients recipients = m.recipients();
        while (recipients.next()) {
            all.add(recipients.index() + " " + recipients.address());
        }
        return all;
    }

    @Test
    void theOwnersOwnIntakeNeedsNoDrop() throws IOException {
        try (Queue queue = files.open()) {
            Intake.Outcome outcome = submit(queue.intake(Origin.NETWORK), TEXT, "", "a@x");
            MessageName name = queue.nextArrival();
            assertThat(outcome).isEqualTo(new Intake.Outcome.Queued(name.id()));
            assertThat(TestingQueue.text(queue.read(name)))
                    .startsWith("Received: (qmail " + name.id() + " invoked from network); ");
        }
    }

    @Test
    void aDraftThatIsNotCommittedLeavesNothing() throws IOException {
        try (Queue queue = files.open()) {
            queue.intake(Origin.LOCAL).begin().close();
            files.drop().begin().close();
            assertThat(files.names("mess")).isEmpty();
            assertThat(files.names("drop")).isEmpty();
            assertThat(queue.nextArrival()).isNull();
        }
    }

    @Test
    void withoutAQueueTheDropAnswers62() throws IOException {
        assertThat(submit(files.drop(), TEXT, "", "a@x")).isEqualTo(new Intake.Outcome.Refused(62));
    }

    @Test
    void anAddressOf1002OctetsPassesAndOneMoreIs11() throws IOException {
        try (Queue queue = files.open()) {
            assertThat(submit(files.drop(), TEXT, "", "a".repeat(1002))).isInstanceOf(Intake.Outcome.Queued.class);
            assertThat(submit(files.drop(), TEXT, "", "a".repeat(1003))).isEqualTo(new Intake.Outcome.Refused(11));
            assertThat(submit(queue.intake(Origin.LOCAL), TEXT, "b".repeat(1003), "a"))
                    .isEqualTo(new Intake.Outcome.Refused(11));
            assertThat(submit(files.drop(), TEXT, "a\0b", "a")).isEqualTo(new Intake.Outcome.Refused(91));
            assertThat(files.names("drop")).hasSize(1);
        }
    }

    @Test
    void anEnvelopeOfMoreThan16MegabytesIs31() throws IOException {
        files.open().close();
        List<String> recipients = java.util.Collections.nCopies(17_000, "a".repeat(1000));
        try (Intake.Draft draft = files.drop().begin()) {
            assertThat(draft.commit(new Envelope("", recipients))).isEqualTo(new Intake.Outcome.Refused(31));
        }
        assertThat(files.names("drop")).isEmpty();
    }

    @Test
    void aMessageWhoseIdIsInUseGetsAnotherAndKeepsTheNumberThatWasTold() throws IOException {
        try (Queue queue = files.open()) {
            submit(files.drop(), TEXT, "s@x", "a@x");
            Path first = scratch.resolve("q/drop").resolve(files.names("drop").getFirst());
            String id = first.getFileName().toString().split("-", -1)[0];
            Files.copy(first, first.resolveSibling(id + "-00000000000000aa"));
            assertThat(queue.take()).isEqualTo(2);
            List<MessageName> names = List.of(queue.nextArrival(), queue.nextArrival());
            assertThat(names)
                    .extracting(MessageName::id)
                    .doesNotHaveDuplicates()
                    .contains(Long.parseLong(id));
            for (MessageName name : names) {
                assertThat(queue.read(name).told()).isEqualTo(Long.parseLong(id));
            }
        }
    }

    @Test
    void whatIsNoMessageIsMovedAway() throws IOException, InterruptedException {
        try (Queue queue = files.open()) {
            submit(files.drop(), TEXT, "s@x", "a@x");
            Path drop = scratch.resolve("q/drop");
            Path good = drop.resolve(files.names("drop").getFirst());
            String whole = Files.readString(good);
            Files.writeString(drop.resolve("1000-0000000000000001"), whole.substring(0, whole.length() - 1));
            Files.writeString(drop.resolve("1001-0000000000000002"), "");
            Files.writeString(drop.resolve("1002-0000000000000003"), whole.replace("a@x", "b@x"));
            Files.createSymbolicLink(drop.resolve("1003-0000000000000004"), scratch.resolve("elsewhere"));
            Files.createDirectory(drop.resolve("1004-0000000000000005"));
            Files.createLink(drop.resolve("1005-0000000000000006"), good);
            Files.writeString(drop.resolve("not a name"), whole);
            fifo(drop.resolve("1006-0000000000000007"));
            while (queue.take() > 0) {
                assertThat(files.names("drop")).hasSizeLessThan(9);
            }
            assertThat(files.names("drop")).isEmpty();
            // The good one had a second name for a while, so it is moved away, too.
            assertThat(queue.nextArrival()).isNull();
            assertThat(files.names("bad")).hasSize(9);
            assertThat(files.log)
                    .anyMatch(l -> l.contains("1000-0000000000000001 no footer at its end: moved to"))
                    .anyMatch(l -> l.contains("1001-0000000000000002 shorter than its footer"))
                    .anyMatch(l -> l.contains("1002-0000000000000003 envelope damaged"))
                    .anyMatch(l -> l.contains("1003-0000000000000004 is a symbolic link"))
                    .anyMatch(l -> l.contains("1004-0000000000000005 is no file"))
                    .anyMatch(l -> l.contains("1006-0000000000000007 is no file"))
                    .anyMatch(l -> l.contains("has several names"))
                    .anyMatch(l -> l.contains("not?a?name has no message's name"));
        }
    }

    private static void fifo(Path path) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("mkfifo", path.toString()).start().waitFor())
                .isZero();
    }

    @Test
    void anotherUsersMessageIsCopiedAndHisUidRecorded() throws IOException {
        try (Queue queue = files.open()) {
            submit(files.drop(), TEXT, "s@x", "a@x");
            Path entry = scratch.resolve("q/drop").resolve(files.names("drop").getFirst());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(entry)))
                    .isEqualTo("rw-r-----");
            Files.setAttribute(entry, "unix:uid", 65534);
            queue.take();
            MessageName name = queue.nextArrival();
            QueuedMessage m = queue.read(name);
            assertThat(m.uid()).isEqualTo(65534);
            assertThat(TestingQueue.text(m)).contains("invoked by uid 65534)");
            Path copy = scratch.resolve("q/mess").resolve(name.text());
            assertThat((int) Files.getAttribute(copy, "unix:uid"))
                    .isEqualTo((int) Files.getAttribute(scratch, "unix:uid"));
        }
    }

    @Test
    void onlyTheTrustedMayClaimTheNetwork() {
        Submitters some = new Submitters(java.util.OptionalInt.of(71), java.util.OptionalInt.of(72));
        assertThat(some.believe(Origin.NETWORK, 1000, 500)).isEqualTo(Origin.LOCAL);
        assertThat(some.believe(Origin.NETWORK, 0, 500)).isEqualTo(Origin.NETWORK);
        assertThat(some.believe(Origin.NETWORK, 500, 500)).isEqualTo(Origin.NETWORK);
        assertThat(some.believe(Origin.LOCAL, 71, 500)).isEqualTo(Origin.NETWORK);
        assertThat(some.believe(Origin.BOUNCE, 0, 500)).isEqualTo(Origin.LOCAL);
        assertThat(some.believe(Origin.CLIENT, 71, 500)).isEqualTo(Origin.CLIENT);
        // His own mail is the site's own as well.
        assertThat(some.believe(Origin.CLIENT, 1000, 500)).isEqualTo(Origin.CLIENT);
        assertThat(some.words(Origin.CLIENT, 1000, 500)).isEqualTo("by uid 1000");
        assertThat(some.words(Origin.CLIENT, 71, 500)).isEqualTo("from network");
        assertThat(some.words(Origin.LOCAL, 72, 500)).isEqualTo("by alias");
        assertThat(some.words(Origin.BOUNCE, 0, 500)).isEqualTo("for bounce");
    }

    @Test
    void whereAMessageComesFromIsKept() throws IOException {
        try (Queue queue = files.open()) {
            Intake drop = new DropIntake(files.directory, Disk.real(), files.clock, Origin.NETWORK);
            for (Intake in : List.of(
                    drop,
                    drop.ofClients(),
                    files.drop(),
                    queue.intake(Origin.NETWORK).ofClients())) {
                submit(in, TEXT, "s@x", "a@x");
                queue.take();
            }
            List<Origin> origins = new ArrayList<>();
            for (MessageName n = queue.nextArrival(); n != null; n = queue.nextArrival()) {
                origins.add(queue.read(n).origin());
            }
            assertThat(origins).containsExactly(Origin.NETWORK, Origin.CLIENT, Origin.LOCAL, Origin.CLIENT);
        }
    }

    @Test
    void aLargeMessageIsTakenBeside() throws IOException {
        String large = "x".repeat(999) + "\n";
        try (Queue queue = files.open()) {
            submit(files.drop(), large.repeat(3000), "s@x", "a@x");
            queue.take();
            org.awaitility.Awaitility.await()
                    .untilAsserted(() -> assertThat(files.names("mess")).hasSize(1));
            org.awaitility.Awaitility.await()
                    .untilAsserted(() -> assertThat(files.names("drop")).isEmpty());
            MessageName name = MessageName.parse(files.names("mess").getFirst()).orElseThrow();
            assertThat(TestingQueue.text(queue.read(name))).endsWith(large.repeat(3000));
        }
    }

    @Test
    void whatWasBegunLongAgoIsRemovedFromTheDrop() throws IOException {
        try (Queue queue = files.open()) {
            Files.writeString(scratch.resolve("q/drop/.1-0000000000000001"), "half");
            // The clock of the tests is at its own time: far after, or far before, the file's.
            queue.removeAbandoned();
            boolean old = files.clock.instant().minus(Duration.ofHours(36)).isAfter(java.time.Instant.now());
            assertThat(files.names("drop")).hasSize(old ? 0 : 1);
            files.clock.advance(Duration.ofDays(36_500));
            queue.removeAbandoned();
            assertThat(files.names("drop")).isEmpty();
        }
    }

    @Test
    void whatWasFoundAtTheStartIsListedTheOldestFirst() throws IOException {
        try (Queue queue = files.open()) {
            for (int i = 0; i < 5; i++) {
                submit(queue.intake(Origin.LOCAL), TEXT, "", "a" + i);
            }
        }
        try (Queue queue = files.open()) {
            assertThat(queue.found())
                    .hasSize(5)
                    .isSortedAccordingTo(java.util.Comparator.comparingLong(MessageName::id));
            assertThat(recipients(queue.read(queue.found().getFirst()))).containsExactly("0 a0");
            queue.remove(queue.found().getFirst(), false);
        }
        try (Queue queue = files.open()) {
            assertThat(queue.found()).hasSize(4);
        }
    }

    @Test
    void recoveryFollowsTheTable() throws IOException {
        MessageName taken;
        try (Queue queue = files.open()) {
            submit(files.drop(), TEXT, "s@x", "a@x");
            Path entry = scratch.resolve("q/drop").resolve(files.names("drop").getFirst());
            byte[] octets = Files.readAllBytes(entry);
            queue.take();
            taken = queue.nextArrival();
            Files.write(entry, octets); // D4
            Files.writeString(scratch.resolve("q/drop/.99-0000000000000001"), ""); // D1
            Files.writeString(scratch.resolve("q/mess/98-0000000000000001.new"), ""); // M1
            Files.writeString(scratch.resolve("q/marks/97-0000000000000001"), ""); // M4
            Files.writeString(scratch.resolve("q/mess/README"), "");
        }
        try (Queue queue = files.open()) {
            assertThat(queue.found()).containsExactly(taken);
            assertThat(files.names("drop")).containsExactly(".99-0000000000000001");
            assertThat(files.names("mess")).containsExactly(taken.text(), "README");
            assertThat(files.names("marks")).isEmpty();
            assertThat(files.log).anyMatch(l -> l.contains("README is no message: not touched"));
            assertThat(queue.take()).isZero();
        }
    }

    @Test
    void marksGoOnlyWhenTheirMessageIsGoneForGood() throws IOException {
        files.open().close();
        Files.writeString(scratch.resolve("q/marks/97-0000000000000001"), "");
        TestingDisk disk = new TestingDisk();
        new TestingQueue(scratch.resolve("q"), disk).open().close();
        assertThat(disk.operations()).containsSubsequence("syncdir mess", "unlink 97-0000000000000001");
    }

    @Test
    void whatCannotBeSyncedAwayFromTheDropIsNotDeliveredYet() throws IOException {
        TestingDisk disk = new TestingDisk();
        files = new TestingQueue(scratch.resolve("q"), disk);
        try (Queue queue = files.open()) {
            submit(files.drop(), TEXT, "s@x", "a@x");
            disk.fault((operation, file) -> operation.equals("syncdir") && file.endsWith("drop")
                    ? new IOException("Input/output error")
                    : null);
            queue.take();
            assertThat(queue.nextArrival()).isNull();
            assertThat(files.names("drop")).isEmpty();
            disk.fault((operation, file) -> null);
            queue.take();
            assertThat(queue.nextArrival()).isNotNull();
            queue.take();
            assertThat(queue.nextArrival()).isNull();
        }
    }

    @Test
    void aBounceIsReleasedThoughItsIdIsThatOfAMessageFoundAtTheStart() throws IOException {
        files.open().close();
        Files.writeString(scratch.resolve("q/mess/17-00000000000000aa"), "");
        try (Queue queue = files.open()) {
            MessageName bounce = MessageName.parse("17-00000000000000bb").orElseThrow();
            queue.releaseBounce(bounce);
            assertThat(queue.nextArrival()).isEqualTo(bounce);
            queue.releaseBounce(queue.found().getFirst());
            assertThat(queue.nextArrival()).isNull();
        }
    }

    @Test
    void whatCannotBeRemovedFromTheDropIsTakenOnceItCan() throws IOException {
        TestingDisk disk = new TestingDisk();
        files = new TestingQueue(scratch.resolve("q"), disk);
        try (Queue queue = files.open()) {
            submit(files.drop(), TEXT, "s@x", "a@x");
            disk.fault((operation, file) ->
                    operation.equals("unlink") && file.getParent().endsWith("drop")
                            ? new IOException("Read-only file system")
                            : null);
            queue.take();
            assertThat(queue.nextArrival()).isNull();
            assertThat(files.names("mess")).isEmpty();
            disk.fault((operation, file) -> null);
            queue.take();
            assertThat(queue.nextArrival()).isNotNull();
        }
    }

    @Test
    void whatWasLeftOfATryDoesNotKeepAMessageInTheDrop() throws IOException {
        TestingDisk disk = new TestingDisk();
        files = new TestingQueue(scratch.resolve("q"), disk);
        try (Queue queue = files.open()) {
            submit(files.drop(), TEXT, "s@x", "a@x");
            disk.fault((operation, file) -> file.getParent().endsWith("mess") && !operation.equals("create")
                    ? new IOException("Input/output error")
                    : null);
            queue.take();
            assertThat(files.names("mess")).singleElement().asString().endsWith(".new");
            disk.fault((operation, file) -> null);
            queue.take();
            assertThat(queue.nextArrival()).isNotNull();
            assertThat(files.names("mess")).singleElement().asString().doesNotEndWith(".new");
        }
    }

    @Test
    void whatWasRefusedAndCouldNotBeRemovedGoesAsSoonAsItCan() throws IOException {
        TestingDisk disk = new TestingDisk();
        files = new TestingQueue(scratch.resolve("q"), disk);
        try (Queue queue = files.open()) {
            disk.fault((operation, file) -> file.endsWith("mess") || operation.equals("unlink")
                    ? new IOException("Read-only file system")
                    : null);
            assertThat(submit(queue.intake(Origin.NETWORK), "x\n".repeat(40_000), "s@x", "a@x"))
                    .isEqualTo(new Intake.Outcome.Refused(53));
            assertThat(files.names("mess")).hasSize(1);
            disk.fault((operation, file) -> null);
            queue.take();
            assertThat(files.names("mess")).isEmpty();
            assertThat(queue.nextArrival()).isNull();
        }
    }

    @Test
    void aNameFromTheDropAddsNoLineToTheLog() throws IOException {
        try (Queue queue = files.open()) {
            Files.writeString(scratch.resolve("q/drop/x\nalert: all is lost"), "");
            queue.take();
            assertThat(files.log)
                    .containsExactly("alert: " + scratch.resolve("q/drop") + "/x?alert:?all?is?lost"
                            + " has no message's name: moved to " + scratch.resolve("q/bad"));
        }
    }

    @Test
    void whatAKillHasLeftOfTheMakingOfTheQueueIsMadeGood() throws IOException {
        Files.createDirectory(
                scratch.resolve("q"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        TestingDisk disk = new TestingDisk();
        new TestingQueue(scratch.resolve("q"), disk).open().close();
        assertThat(mode("")).isEqualTo(0711);
        assertThat(disk.operations())
                .containsSubsequence("syncdir " + scratch.getFileName(), "syncdir q", "rename format", "syncdir q");
    }

    @Test
    void aLinkToTheQueueIsAWayIn() throws IOException {
        try (Queue queue = files.open()) {
            Path link = Files.createSymbolicLink(scratch.resolve("postern-queue"), scratch.resolve("q"));
            submit(new TestingQueue(link, Disk.real()).drop(), TEXT, "s@x", "a@x");
            queue.take();
            assertThat(queue.nextArrival()).isNotNull();
        }
    }

    @Test
    void aMessageThatBecomesShorterIsNeverReadAsAWhole() throws IOException {
        try (Queue queue = files.open()) {
            submit(files.drop(), TEXT, "", "a@x");
            queue.take();
            MessageName name = queue.nextArrival();
            QueuedMessage m = queue.read(name);
            Path path = scratch.resolve("q/mess").resolve(name.text());
            Files.write(path, java.util.Arrays.copyOf(Files.readAllBytes(path), 20));
            assertThatThrownBy(() -> TestingQueue.text(m)).hasMessageContaining("became shorter");
            assertThatThrownBy(() -> queue.read(name)).isInstanceOf(IOException.class);
        }
    }

    /** As it was recorded: 13 messages in all, one of them just being put there. */
    @Test
    void theOriginalsQueueIsCounted() throws IOException {
        Path original = scratch.resolve("queue");
        assertThat(OriginalQueue.messages(original)).isZero();
        for (String line : TestingRecords.text("queue-layout.txt").lines().toList()) {
            Path path = scratch.resolve(line.replaceFirst("^.* /var/qmail/", ""));
            if (line.startsWith("d")) {
                Files.createDirectory(path);
            } else if (line.matches("[-p].* /var/qmail/queue/.*")) {
                Files.createDirectories(path.getParent());
                Files.createFile(path);
            }
        }
        assertThat(OriginalQueue.messages(original)).isEqualTo(13);
    }

    @Test
    void theScheduleIsKeptOnceOverAStop() throws IOException {
        try (Queue queue = files.open()) {
            MessageName name = MessageName.parse("5-0000000000000001").orElseThrow();
            queue.schedule()
                    .write(out ->
                            out.due(name, java.time.Instant.ofEpochSecond(7), java.time.Instant.ofEpochSecond(9)));
            List<String> read = new ArrayList<>();
            queue.schedule().take((n, local, remote) -> read.add(n + " " + local + " " + remote));
            queue.schedule().take((n, local, remote) -> read.add("again"));
            assertThat(read).containsExactly("5-0000000000000001 1970-01-01T00:00:07Z 1970-01-01T00:00:09Z");
        }
    }
}
