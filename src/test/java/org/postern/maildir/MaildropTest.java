package org.postern.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.ThisProcess;
import org.postern.os.ThreadIdentity;

class MaildropTest {
    private static final Instant NOW = Instant.parse("2026-11-24T00:00:00Z");
    private static final Instant OLD = NOW.minus(Duration.ofDays(100));

    @TempDir
    Path directory;

    private Path maildir;

    @BeforeEach
    void make() throws IOException {
        maildir = directory.resolve("Maildir");
        Maildir.make(maildir);
    }

    @Test
    void ourOwnDeliveriesOpenWithoutBeingRead() throws IOException {
        // The names say what a reader would not find: a file that were read would count 12, not 15.
        for (int i = 0; i < 10_000; i++) {
            write("new/1700000000.Q" + i + ".h,S=10,W=15", "0123456789", OLD);
        }
        Maildrop maildrop = open();
        assertThat(maildrop.size()).isEqualTo(10_000);
        assertThat(IntStream.range(0, 10_000)).allMatch(i -> maildrop.message(i).octets() == 15);
        assertThat(memory()).doesNotExist();
    }

    @Test
    void nameThatOurDeliveryGaveIsBelieved() throws IOException {
        MaildirDelivery delivery = new MaildirDelivery(Disk.real(), () -> OLD, "mail.example.org");
        byte[] message = Octets.bytes("Subject: x\n\n.dot\r\nno end");
        assertThat(delivery.deliver(maildir, "id", "Delivered-To: a@b\n", new ByteArrayInputStream(message)))
                .isInstanceOf(MaildirDelivery.Outcome.Stored.class);
        Maildrop maildrop = open();
        String sent = "Delivered-To: a@b\r\nSubject: x\r\n\r\n.dot\r\nno end\r\n";
        assertThat(octets(maildrop)).containsExactly((long) sent.length());
        assertThat(maildrop.message(0).place().name().wireOctets()).hasValue(sent.length());
        assertThat(memory()).as("not measured").doesNotExist();
    }

    @Test
    void foreignMessageIsMeasuredOnceAndRemembered() throws IOException {
        write("new/foreign", "a\nb\n", OLD);
        assertThat(octets(open())).containsExactly(6L);
        assertThat(memory()).exists();
        // Another content of the same size and time shows that it is not read again.
        Files.writeString(maildir.resolve("new/foreign"), "abcd");
        touch("new/foreign", OLD);
        assertThat(octets(open())).containsExactly(6L);
    }

    @Test
    void rememberedSizeFollowsTheMessageThroughItsFlags() throws IOException {
        write("new/foreign", "a\nb\n", OLD);
        open();
        Files.writeString(maildir.resolve("new/foreign"), "abcd");
        touch("new/foreign", OLD);
        move("new/foreign", "cur/foreign:2,S");
        assertThat(octets(open())).containsExactly(6L);
    }

    @Test
    void rememberedSizeCountsOnlyWhereAllMatches() throws IOException {
        write("new/foreign", "a\nb\n", OLD);
        open();
        Files.writeString(maildir.resolve("new/foreign"), "abcd");
        touch("new/foreign", OLD.plusSeconds(1));
        assertThat(octets(open())).as("another time").containsExactly(6L);
        Files.writeString(maildir.resolve("new/foreign"), "a\nbcd");
        touch("new/foreign", OLD.plusSeconds(1));
        assertThat(octets(open())).as("another size").containsExactly(8L);
        Files.writeString(maildir.resolve("new/copy"), "a\n\n\n\n");
        touch("new/copy", OLD.plusSeconds(1));
        move("new/copy", "new/foreign2");
        Files.delete(maildir.resolve("new/foreign"));
        move("new/foreign2", "new/foreign");
        assertThat(octets(open())).as("another inode").containsExactly(9L);
    }

    @Test
    void damagedMemoryIsNotBelieved() throws IOException {
        write("new/foreign", "a\nb\n", OLD);
        open();
        String good = Files.readString(memory());
        for (int cut = 0; cut < good.length(); cut++) {
            Files.writeString(memory(), good.substring(0, cut));
            assertThat(octets(open())).containsExactly(6L);
        }
        Files.writeString(memory(), good.replaceFirst("\n6 ", "\n7 "));
        assertThat(octets(open())).containsExactly(6L);
        assertThat(Files.readString(memory())).as("written anew").isEqualTo(good);
    }

    @Test
    void memoryForgetsWhatHasGone() throws IOException {
        write("new/foreign1", "a\n", OLD);
        open();
        Files.delete(maildir.resolve("new/foreign1"));
        write("new/foreign2", "b\n", OLD);
        open();
        assertThat(Files.readString(memory())).contains("foreign2").doesNotContain("foreign1");
        assertThat(Files.list(maildir.resolve("tmp"))).as("nothing left behind").isEmpty();
    }

    @Test
    void memoryThatCannotBePutInPlaceLeavesNothingBehind() throws IOException {
        write("new/foreign", "a\nb\n", OLD);
        Files.createDirectory(memory());
        assertThat(octets(open())).containsExactly(6L);
        assertThat(maildir.resolve("tmp")).isEmptyDirectory();
    }

    @Test
    void memoryThatCannotBeWrittenKeepsNobodyFromTheMail() throws IOException {
        write("new/foreign", "a\n", OLD);
        Files.delete(maildir.resolve("tmp"));
        assertThat(octets(open())).containsExactly(3L);
    }

    @Test
    void symbolicLinkInPlaceOfTheMemoryIsNotFollowed() throws IOException {
        write("new/foreign", "a\nb\n", OLD);
        open();
        Path elsewhere = directory.resolve("elsewhere");
        Files.move(memory(), elsewhere);
        Files.createSymbolicLink(memory(), elsewhere);
        Files.writeString(maildir.resolve("new/foreign"), "abcd");
        touch("new/foreign", OLD);
        assertThat(octets(open())).as("measured").containsExactly(6L);
        assertThat(elsewhere).as("not written through").exists();
        assertThat(Files.isSymbolicLink(memory())).isFalse();
    }

    @Test
    void messageThatMayStillGrowIsNotRemembered() throws IOException {
        write("new/growing", "a\n", NOW.minusSeconds(1));
        assertThat(octets(open())).containsExactly(3L);
        assertThat(memory()).doesNotExist();
    }

    @Test
    void orderIsByTimeThenName() throws IOException {
        write("new/b", "x\n", OLD);
        write("cur/a:2,S", "x\n", OLD);
        write("new/0", "x\n", OLD.plusNanos(1_000));
        write("new/z", "x\n", OLD.minusSeconds(1));
        assertThat(uids(open())).containsExactly("z", "a", "b", "0");
    }

    @Test
    void messageFromTheFutureIsListed() throws IOException {
        write("new/later", "x\n", NOW.plus(Duration.ofDays(1)));
        assertThat(uids(open())).containsExactly("later");
    }

    @Test
    void onlyFilesWithoutADotInFrontAreMessages() throws IOException {
        write("new/.hidden", "x\n", OLD);
        Files.createDirectory(maildir.resolve("new/directory"));
        Files.createSymbolicLink(maildir.resolve("new/nowhere"), Path.of("/nonexistent"));
        Files.createSymbolicLink(maildir.resolve("new/loop"), Path.of("loop"));
        write("new/a", "x\n", OLD);
        assertThat(uids(open())).containsExactly("a");
    }

    @Test
    void namesOfAnyOctetsAreServed() throws IOException {
        write("new/caf\u00e9\u00ff \t", "x\n", OLD);
        Maildrop maildrop = open();
        assertThat(maildrop.message(0).place()).hasToString("new/caf\u00e9\u00ff \t");
        assertThat(read(maildrop, 0)).isEqualTo("x\n");
        maildrop.update(bits(), bits(0));
        assertThat(names()).containsExactly("cur/caf\u00e9\u00ff \t:2,S");
    }

    @Test
    void messageMovedByAnotherSessionIsFoundAgain() throws IOException {
        write("new/a", "A\n", OLD);
        write("cur/b:2,", "B\n", OLD);
        write("cur/c:2,S", "C\n", OLD);
        Maildrop maildrop = open();
        move("new/a", "cur/a:2,");
        move("cur/b:2,", "cur/b:2,FS");
        assertThat(read(maildrop, 0)).isEqualTo("A\n");
        assertThat(read(maildrop, 1)).isEqualTo("B\n");
        assertThat(read(maildrop, 2)).isEqualTo("C\n");
        move("cur/a:2,", "cur/a:2,R");
        assertThat(maildrop.update(bits(0, 1), bits(2))).isEmpty();
        assertThat(names()).containsExactly("cur/c:2,S");
    }

    @Test
    void messageThatHasGoneCannotBeReadOrRemoved() throws IOException {
        write("new/a", "A\n", OLD);
        Maildrop maildrop = open();
        Files.delete(maildir.resolve("new/a"));
        assertThat(maildrop.read(0)).isEmpty();
        assertThat(maildrop.update(bits(0), bits(0)))
                .singleElement()
                .satisfies(f -> assertThat(f.message().uid()).isEqualTo("a"));
    }

    @Test
    void twinOfAnotherMessageIsNotTakenForIt() throws IOException {
        write("new/a", "one\n", OLD);
        write("cur/a:2,S", "two\n", OLD);
        Maildrop maildrop = open();
        Files.delete(maildir.resolve("new/a"));
        assertThat(maildrop.read(0)).isEmpty();
        assertThat(maildrop.update(bits(0), bits())).hasSize(1);
        assertThat(names()).containsExactly("cur/a:2,S");
    }

    @Test
    void messageThatIsInBothPlacesForAMomentIsListedOnce() throws IOException {
        write("new/a", "x\n", OLD);
        Files.createLink(maildir.resolve("cur/a:2,S"), maildir.resolve("new/a"));
        Maildrop maildrop = open();
        assertThat(maildrop.size()).isEqualTo(1);
        assertThat(maildrop.message(0).place()).hasToString("cur/a:2,S");
    }

    @Test
    void seenMessageNeverOverwritesAnother() throws IOException {
        write("new/a", "one\n", OLD);
        write("cur/a:2,S", "two\n", OLD);
        open().update(bits(), bits(0, 1));
        assertThat(names()).containsExactly("cur/a:2,S", "new/a");
    }

    @Test
    void mailThatArrivesMeanwhileIsLeftAlone() throws IOException {
        write("new/a", "x\n", OLD);
        Maildrop maildrop = open();
        write("new/b", "x\n", OLD);
        maildrop.update(bits(0), bits(0));
        assertThat(names()).containsExactly("new/b");
    }

    @Test
    void tmpFilesOlderThan36HoursAreRemoved() throws IOException {
        Duration limit = Duration.ofHours(36);
        write("tmp/old", "x", NOW.minus(limit).minusSeconds(1));
        write("tmp/fresh", "x", NOW.minus(limit).plusSeconds(1));
        write("tmp/.hidden", "x", NOW.minus(limit).minusSeconds(1));
        write("tmp/read-lately", "x", NOW.minus(limit).minusSeconds(1));
        BasicFileAttributeView times =
                Files.getFileAttributeView(maildir.resolve("tmp/read-lately"), BasicFileAttributeView.class);
        times.setTimes(null, FileTime.from(NOW.minusSeconds(60)), null);
        open();
        assertThat(maildir.resolve("tmp")).isDirectoryNotContaining("glob:**/old");
        assertThat(maildir.resolve("tmp/fresh")).exists();
        assertThat(maildir.resolve("tmp/.hidden")).exists();
        assertThat(maildir.resolve("tmp/read-lately")).exists();
    }

    @Test
    void whatIsNoMaildirIsToldApart() throws IOException {
        assertThat(open(directory.resolve("none"))).isInstanceOf(Maildrop.Opening.Missing.class);
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThat(open(file)).isInstanceOf(Maildrop.Opening.Missing.class);
        assertThat(open(directory)).isInstanceOf(Maildrop.Opening.CannotScan.class);
    }

    /** Else the mail of a user would seem to have gone. */
    @Test
    void messagesThatMayNotBeLookedAtAreNoEmptyMaildrop() throws Exception {
        write("cur/a", "x", OLD);
        Files.createSymbolicLink(maildir.resolve("new/to-nowhere"), Path.of("/etc/passwd/x"));
        assertThat(open().size()).isEqualTo(1);
        Identity self = ThisProcess.identity();
        Identity other = self.isRoot() ? new Identity(65534, 65534, List.of()) : self;
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(maildir, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(maildir.resolve("new"), PosixFilePermissions.fromString("r-xr-xr-x"));
        Files.setPosixFilePermissions(maildir.resolve("cur"), PosixFilePermissions.fromString("r--r--r--"));
        assertThat(ThreadIdentity.as(other, () -> open(maildir))).isInstanceOf(Maildrop.Opening.CannotScan.class);
    }

    @Test
    void madeDirectoriesAreTheOwnersAlone() throws IOException {
        for (String part : List.of("", "tmp", "new", "cur")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(maildir.resolve(part))))
                    .isEqualTo("rwx------");
        }
    }

    private Maildrop open() {
        Maildrop.Opening opening = open(maildir);
        assertThat(opening).isInstanceOf(Maildrop.Opening.Opened.class);
        return ((Maildrop.Opening.Opened) opening).maildrop();
    }

    private static Maildrop.Opening open(Path directory) {
        return new Maildrops().open(directory, 0, NOW);
    }

    private Path memory() {
        return maildir.resolve(SizeMemory.FILE);
    }

    private static List<Long> octets(Maildrop maildrop) {
        return IntStream.range(0, maildrop.size())
                .mapToObj(i -> maildrop.message(i).octets())
                .toList();
    }

    private static List<String> uids(Maildrop maildrop) {
        return IntStream.range(0, maildrop.size())
                .mapToObj(i -> maildrop.message(i).uid())
                .toList();
    }

    private static String read(Maildrop maildrop, int index) throws IOException {
        try (var in = maildrop.read(index).orElseThrow()) {
            return Octets.of(in.readAllBytes());
        }
    }

    private static BitSet bits(int... indices) {
        BitSet bits = new BitSet();
        for (int index : indices) {
            bits.set(index);
        }
        return bits;
    }

    private void write(String name, String octets, Instant modified) throws IOException {
        Files.write(maildir.resolve(Octets.path(name)), Octets.bytes(octets));
        touch(name, modified);
    }

    private void touch(String name, Instant modified) throws IOException {
        Files.getFileAttributeView(maildir.resolve(Octets.path(name)), BasicFileAttributeView.class)
                .setTimes(FileTime.from(modified), FileTime.from(modified), null);
    }

    private void move(String from, String to) throws IOException {
        Files.move(maildir.resolve(from), maildir.resolve(to));
    }

    private List<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        for (String part : List.of("cur", "new")) {
            try (Stream<Path> files = Files.list(maildir.resolve(part))) {
                files.map(f -> Octets.of(maildir.relativize(f))).sorted().forEach(names::add);
            }
        }
        return names;
    }
}
