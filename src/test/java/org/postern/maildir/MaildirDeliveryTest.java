package org.postern.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;
import org.postern.mail.TestingMessage;
import org.postern.maildir.MaildirDelivery.Outcome;
import org.postern.os.Octets;

class MaildirDeliveryTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.ofEpochSecond(1795486673));
    private static final String HEAD = "Return-Path: <a@b>\nDelivered-To: c@d\n";
    private static final String TEXT = "Subject: t\n\nbody\n";

    @TempDir
    Path maildir;

    @BeforeEach
    void make() throws IOException {
        for (String part : List.of("tmp", "new", "cur")) {
            Files.createDirectory(maildir.resolve(part));
        }
    }

    /** A process of its own: it knows nothing of what others delivered. */
    private static MaildirDelivery process(Disk disk) {
        return new MaildirDelivery(disk, CLOCK, "vm.example");
    }

    private Outcome deliver(MaildirDelivery process, String id) {
        return process.deliver(maildir, id, HEAD, new ByteArrayInputStream(Octets.bytes(TEXT)));
    }

    private List<Path> messages() throws IOException {
        try (Stream<Path> fresh = Files.list(maildir.resolve("new"));
                Stream<Path> seen = Files.list(maildir.resolve("cur"))) {
            return Stream.concat(fresh, seen).sorted().toList();
        }
    }

    private long leftInTmp() throws IOException {
        try (Stream<Path> files = Files.list(maildir.resolve("tmp"))) {
            return files.count();
        }
    }

    @Test
    void theFileHasTimeIdHostAndSizesInItsName() throws IOException {
        assertThat(deliver(process(Disk.real()), "4711-0"))
                .isEqualTo(new Outcome.Stored(
                        maildir.resolve("new/1795486673.HkGoFRAlh3JHIAdCk18fcYZ.vm.example,S=54,W=59"), false));
        Path file = messages().getFirst();
        assertThat(Files.readString(file)).isEqualTo(HEAD + TEXT).hasSize(54);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(leftInTmp()).isZero();
    }

    @Test
    void anyIdMakesANameThatAUniqueIdCanBe() throws IOException {
        deliver(process(Disk.real()), "with/slash:colon@and.dots and a length beyond all measure");
        assertThat(messages().getFirst().getFileName().toString())
                .matches("1795486673\\.H[A-Za-z0-9_-]{22}\\.vm\\.example,S=54,W=59")
                .hasSizeLessThanOrEqualTo(70);
    }

    @Test
    void theSameDeliveryAgainFindsTheFirstCopy() throws IOException {
        MaildirDelivery process = process(Disk.real());
        deliver(process, "1");
        Path first = messages().getFirst();
        assertThat(deliver(process, "1")).isEqualTo(new Outcome.Stored(first, true));
        assertThat(deliver(process(Disk.real()), "1")).isEqualTo(new Outcome.Stored(first, true));
        assertThat(messages()).containsExactly(first);
    }

    @Test
    void aCopyThatWasReadInTheMeantimeIsFoundWhateverItsFlags() throws IOException {
        deliver(process(Disk.real()), "1");
        Path moved =
                maildir.resolve("cur/" + messages().getFirst().getFileName().toString() + ":2,FRSTabz");
        Files.move(messages().getFirst(), moved);
        assertThat(deliver(process(Disk.real()), "1")).isEqualTo(new Outcome.Stored(moved, true));
        assertThat(messages()).containsExactly(moved);
    }

    @Test
    void aCopyThatWasTakenAwayIsMadeAgain() throws IOException {
        MaildirDelivery process = process(Disk.real());
        deliver(process, "1");
        Files.delete(messages().getFirst());
        assertThat(deliver(process, "1"))
                .isInstanceOfSatisfying(
                        Outcome.Stored.class, s -> assertThat(s.again()).isFalse());
        assertThat(messages()).hasSize(1);
    }

    @Test
    void otherDeliveriesOfTheSameSecondAreOtherFiles() throws IOException {
        MaildirDelivery process = process(Disk.real());
        try (ExecutorService many = Executors.newVirtualThreadPerTaskExecutor()) {
            IntStream.range(0, 100).forEach(i -> many.submit(() -> deliver(process, "m" + i)));
        }
        assertThat(messages()).hasSize(100);
    }

    @Test
    void namesOfOthersAreNotMistakenForOurs() throws IOException {
        Files.createFile(maildir.resolve("new/1795486673.H2"));
        Files.createFile(maildir.resolve("new/1795486673.M1P2.host"));
        Files.createFile(maildir.resolve("cur/H1"));
        deliver(process(Disk.real()), "1");
        assertThat(messages()).hasSize(4);
    }

    @Test
    void noMaildirIsToldFromTrouble() throws IOException {
        assertThat(process(Disk.real()).deliver(maildir.resolve("nope"), "1", HEAD, new TestingMessage("x").open()))
                .isInstanceOf(Outcome.NoMaildir.class);
        Path file = Files.createFile(maildir.resolve("file"));
        assertThat(process(Disk.real()).deliver(file, "1", HEAD, new TestingMessage("x").open()))
                .isInstanceOf(Outcome.NoMaildir.class);
        Files.delete(maildir.resolve("tmp"));
        assertThat(deliver(process(Disk.real()), "1")).isInstanceOf(Outcome.Failed.class);
    }

    @Test
    void aMessageThatCannotBeReadLeavesNothing() throws IOException {
        assertThat(process(Disk.real())
                        .deliver(
                                maildir,
                                "1",
                                HEAD,
                                TestingMessage.unreadableAfter("half").open()))
                .isInstanceOf(Outcome.Unreadable.class);
        assertThat(messages()).isEmpty();
        assertThat(leftInTmp()).isZero();
    }

    @Test
    void aHostNameCannotLeaveTheDirectory() throws IOException {
        new MaildirDelivery(Disk.real(), CLOCK, "a/b:c").deliver(maildir, "1", "", new TestingMessage("x\n").open());
        assertThat(messages().getFirst().getFileName().toString())
                .isEqualTo("1795486673.Ha4ayc_80_OGda4BO_1o_V0.a\\057b\\072c,S=2,W=3");
    }
}
