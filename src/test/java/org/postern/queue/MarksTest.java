package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.SharedSync;
import org.postern.file.TestingDisk;
import org.postern.mail.Action;

class MarksTest {
    @TempDir
    private Path scratch;

    private static final Instant WHEN = Instant.ofEpochSecond(1_795_486_703L);

    private final TestingDisk disk = new TestingDisk();

    private Marks read() throws IOException {
        return Marks.read(disk, scratch.resolve("m"), new SharedSync(disk, scratch));
    }

    private static BitSet bits(int... numbers) {
        BitSet bits = new BitSet();
        for (int n : numbers) {
            bits.set(n);
        }
        return bits;
    }

    private static List<String> failures(Marks marks) throws IOException {
        List<String> all = new ArrayList<>();
        marks.forEachFailure(o -> all.add(o.recipient() + ":" + o.report()));
        return all;
    }

    @Test
    void whatIsMarkedIsReadAgain() throws IOException {
        Marks marks = read();
        assertThat(marks.onDisk()).isFalse();
        marks.delivered(3);
        marks.failed(0, "no\\such\nuser\r\n", WHEN);
        marks.bounceWillBe(MessageName.parse("17-00000000000000ff").orElseThrow());
        Marks again = read();
        assertThat(again.finished()).isEqualTo(bits(0, 3));
        assertThat(again.hasFailures()).isTrue();
        assertThat(again.bounce().orElseThrow().id()).isEqualTo(17);
        assertThat(failures(again)).containsExactly("0:no\\such\nuser\r\n");
        assertThat(again.onDisk()).isTrue();
    }

    @Test
    void aTornLineDoesNotCountAndTheNextBeginsItsOwn() throws IOException {
        Marks marks = read();
        marks.delivered(1);
        marks.failed(2, "gone", WHEN);
        String whole = Files.readString(scratch.resolve("m"));
        int first = whole.indexOf('\n') + 1;
        for (int cut = 0; cut < whole.length(); cut++) {
            Files.writeString(scratch.resolve("m"), whole.substring(0, cut));
            Marks torn = read();
            // A record is whole without its line feed: the check sum says so.
            BitSet expected = cut < first - 1 ? bits() : cut < whole.length() - 1 ? bits(1) : bits(1, 2);
            assertThat(torn.finished()).as("cut at %d", cut).isEqualTo(expected);
            torn.delivered(7);
            expected.set(7);
            assertThat(read().finished()).isEqualTo(expected);
        }
    }

    @Test
    void aDamagedLineDoesNotCount() throws IOException {
        read().delivered(1);
        Files.writeString(
                scratch.resolve("m"), Files.readString(scratch.resolve("m")).replace("D 1", "D 2"));
        assertThat(read().finished()).isEqualTo(bits());
    }

    @Test
    void whatCouldNotBeWrittenIsKeptAndWrittenLater() throws IOException {
        Marks marks = read();
        disk.fault((operation, file) -> operation.equals("sync") ? new IOException("No space left on device") : null);
        assertThatThrownBy(() -> marks.delivered(4)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> marks.failed(5, "why", WHEN)).isInstanceOf(IOException.class);
        assertThat(marks.isUnsaved()).isTrue();
        assertThat(marks.finished()).isEqualTo(bits(4, 5));
        disk.fault((operation, file) -> null);
        marks.save();
        assertThat(marks.isUnsaved()).isFalse();
        Marks again = read();
        assertThat(again.finished()).isEqualTo(bits(4, 5));
        assertThat(failures(again)).containsExactly("5:why");
    }

    private static List<String> successes(Marks marks) throws IOException {
        List<String> all = new ArrayList<>();
        marks.forEachSuccess(o -> all.add(o.recipient() + " " + o.action() + ":" + o.report() + "@"
                + o.tried().getEpochSecond()));
        return all;
    }

    @Test
    void aSuccessIsThereUntilItWasTold() throws IOException {
        Marks marks = read();
        marks.failed(1, "gone", WHEN);
        marks.succeeded(0, Action.RELAYED, "said: 250 ok\n", WHEN.plusSeconds(1));
        marks.delivered(5);
        marks.succeeded(2, Action.DELIVERED, "", WHEN);
        assertThat(read().hasSuccesses()).isTrue();
        assertThat(read().finished()).isEqualTo(bits(0, 1, 2, 5));
        assertThat(successes(read())).containsExactly("0 RELAYED:said: 250 ok\n@1795486704", "2 DELIVERED:@1795486703");
        marks.successesTold();
        assertThat(marks.hasSuccesses()).isFalse();
        assertThat(read().hasSuccesses()).isFalse();
        Marks again = read();
        again.succeeded(3, Action.EXPANDED, "", WHEN);
        assertThat(again.hasSuccesses()).isTrue();
        assertThat(successes(read())).containsExactly("3 EXPANDED:@1795486703");
        assertThat(failures(read())).containsExactly("1:gone");
    }

    @Test
    void aDelayIsToldOnce() throws IOException {
        Marks marks = read();
        marks.delayTold(List.of(4, 6));
        assertThat(read().isDelayTold(4)).isTrue();
        assertThat(read().isDelayTold(5)).isFalse();
        assertThat(read().finished()).isEqualTo(bits());
    }

    @Test
    void theFirstRecordSyncsTheDirectoryToo() throws IOException {
        Marks marks = read();
        marks.delivered(1);
        marks.delivered(2);
        assertThat(disk.operations().stream().map(o -> o.split(" ", -1)[0]))
                .containsExactly("create", "write", "sync", "syncdir", "append", "write", "sync");
    }

    @Test
    void theLastRecipientOfAllIsNotWritten() throws IOException {
        Marks marks = read();
        marks.deliveredLast(0);
        assertThat(disk.operations()).isEmpty();
        assertThat(marks.finished()).isEqualTo(bits(0));
    }
}
