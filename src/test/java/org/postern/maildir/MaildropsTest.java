package org.postern.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nobody can set a directory's time of change, so the clock that is passed in runs ahead instead. */
class MaildropsTest {
    private static final int UID = 1000;

    @TempDir
    Path directory;

    private Path maildir;
    private final Maildrops maildrops = new Maildrops(10);

    @BeforeEach
    void make() throws IOException {
        maildir = make("Maildir");
        write("cur/one:2,S", "1\n");
        write("new/two", "22\n");
    }

    private Path make(String name) throws IOException {
        Path made = directory.resolve(name);
        Maildir.make(made);
        return made;
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(maildir.resolve(name), text);
    }

    /** He who has a shell may put anything there; it must not keep his sessions, of which all users share the number. */
    @Test
    @Timeout(20)
    void aFifoInThePlaceOfTheSizesIsPassedOver() throws Exception {
        Path fifo = maildir.resolve("postern-sizes");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        assertThat(open().size()).isEqualTo(2);
    }

    private static Instant later() {
        return Instant.now().plus(Duration.ofMinutes(1));
    }

    private static List<String> names(Maildrop maildrop) {
        return IntStream.range(0, maildrop.size())
                .mapToObj(i -> maildrop.message(i).place().toString())
                .sorted()
                .toList();
    }

    private Maildrop open() {
        return open(maildir, UID);
    }

    private Maildrop open(Path maildir, int uid) {
        return ((Maildrop.Opening.Opened) maildrops.open(maildir, uid, later())).maildrop();
    }

    /** What only a look at each file would find. */
    private void changeWithoutATrace() throws IOException {
        Files.writeString(maildir.resolve("new/two"), "2222222\n");
    }

    @Test
    void aMaildropThatIsAsItWasIsNotListedAgain() throws IOException {
        open();
        // The first look has measured, and written what it found by way of tmp/.
        open();
        changeWithoutATrace();
        Maildrop again = open();
        assertThat(names(again)).containsExactly("cur/one:2,S", "new/two");
        assertThat(IntStream.range(0, 2)
                        .mapToLong(i -> again.message(i).octets())
                        .sum())
                .isEqualTo("1\r\n22\r\n".length());
    }

    @Test
    void whatComesGoesOrIsMovedIsSeen() throws IOException {
        open();
        write("new/three", "3\n");
        assertThat(names(open())).containsExactly("cur/one:2,S", "new/three", "new/two");
        Files.move(maildir.resolve("new/three"), maildir.resolve("cur/three:2,"));
        assertThat(names(open())).containsExactly("cur/one:2,S", "cur/three:2,", "new/two");
        Files.move(maildir.resolve("cur/three:2,"), maildir.resolve("cur/three:2,F"));
        assertThat(names(open())).containsExactly("cur/one:2,S", "cur/three:2,F", "new/two");
        Files.delete(maildir.resolve("cur/one:2,S"));
        assertThat(names(open())).containsExactly("cur/three:2,F", "new/two");
    }

    @Test
    void whatOneSessionRemovedIsNotThereForTheNext() {
        Maildrop first = open();
        BitSet all = new BitSet();
        all.set(0, 2);
        assertThat(first.update(all, new BitSet())).isEmpty();
        assertThat(names(open())).isEmpty();
    }

    @Test
    void aSessionThatFindsAMovedMessageKeepsThatForItself() throws IOException {
        Maildrop mine = open();
        open();
        Files.move(maildir.resolve("new/two"), maildir.resolve("cur/two:2,"));
        BitSet two = new BitSet();
        two.set(mine.message(0).place().part().equals("new") ? 0 : 1);
        assertThat(mine.update(two, new BitSet())).isEmpty();
        Files.writeString(maildir.resolve("new/two"), "22\n");
        assertThat(names(open())).containsExactly("cur/one:2,S", "new/two");
    }

    @Test
    void whatAnotherUserHasListedIsNotShown() throws IOException {
        open();
        open();
        changeWithoutATrace();
        Maildrop theirs = open(maildir, UID + 1);
        assertThat(IntStream.range(0, 2)
                        .mapToLong(i -> theirs.message(i).octets())
                        .sum())
                .isEqualTo("1\r\n2222222\r\n".length());
    }

    @Test
    void whatChangedAMomentAgoIsNotRemembered() {
        maildrops.open(maildir, UID, Instant.now());
        assertThat(maildrops.remembered()).isZero();
        open();
        assertThat(maildrops.remembered()).isEqualTo(3);
    }

    @Test
    void aMaildropWithADeliveryUnderWayIsListedEachTime() throws IOException {
        write("tmp/under-way", "");
        open();
        assertThat(maildrops.remembered()).isZero();
    }

    @Test
    void whatIsAbandonedLaterIsRemovedThen() throws IOException {
        open();
        write("tmp/old", "");
        Files.setLastModifiedTime(
                maildir.resolve("tmp/old"), FileTime.from(Instant.now().minus(Duration.ofDays(3))));
        Files.setAttribute(
                maildir.resolve("tmp/old"),
                "lastAccessTime",
                FileTime.from(Instant.now().minus(Duration.ofDays(3))));
        open();
        assertThat(maildir.resolve("tmp/old")).doesNotExist();
    }

    @Test
    void whatWasOpenedLongestAgoIsForgottenFirst() throws IOException {
        open();
        for (String name : List.of("a", "b", "c", "d", "e", "f", "g")) {
            open(make(name), UID);
            open();
        }
        assertThat(maildrops.remembered()).isEqualTo(10);
        open(make("h"), UID);
        assertThat(maildrops.remembered()).isEqualTo(10);
        changeWithoutATrace();
        assertThat(IntStream.range(0, 2)
                        .mapToLong(i -> open().message(i).octets())
                        .sum())
                .isEqualTo("1\r\n22\r\n".length());
    }

    @Test
    void oneThatIsLargerThanAllTheRoomIsNotRemembered() throws IOException {
        for (int i = 0; i < 20; i++) {
            write("new/" + i, "x\n");
        }
        assertThat(open().size()).isEqualTo(22);
        assertThat(maildrops.remembered()).isZero();
    }
}
