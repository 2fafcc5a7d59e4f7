package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.Octets;

class SegmentReaderTest {
    private static final String TOKEN = "00112233445566ff";
    private static final MessageName ONE = name(1);
    private static final MessageName TWO = name(2);
    private static final MessageName THREE = name(3);

    @TempDir
    private Path scratch;

    private final ByteArrayOutputStream segment = new ByteArrayOutputStream();

    private static MessageName name(int id) {
        return new MessageName(id, id + "-000000000000000" + id);
    }

    @BeforeEach
    void head() {
        segment.writeBytes(LogRecord.head(TOKEN));
    }

    /** @return where its octets begin */
    private int message(MessageName name, String text) {
        byte[] octets = Octets.bytes(text);
        segment.writeBytes(LogRecord.message(TOKEN, name, octets));
        int offset = segment.size();
        segment.writeBytes(octets);
        return offset;
    }

    private void done(MessageName name) {
        segment.writeBytes(LogRecord.done(TOKEN, name));
    }

    private SegmentReader read(byte[] octets) throws IOException {
        Path file = scratch.resolve("0000000001");
        Files.write(file, octets);
        return SegmentReader.read(file);
    }

    private SegmentReader read() throws IOException {
        return read(segment.toByteArray());
    }

    @Test
    void recordsComeInTheirOrder() throws IOException {
        int one = message(ONE, "abc\n");
        int two = message(TWO, "");
        done(ONE);
        SegmentReader read = read();
        assertThat(read.records())
                .containsExactly(
                        new LogRecord.Message(ONE, one, 4),
                        new LogRecord.Message(TWO, two, 0),
                        new LogRecord.Done(ONE));
        assertThat(read.damaged() + read.torn()).isZero();
    }

    @Test
    void cutAnywhereNothingButTheLastRecordIsLost() throws IOException {
        message(ONE, "abc\n");
        int second = segment.size();
        int offset = message(TWO, "some more octets\n");
        byte[] all = segment.toByteArray();
        for (int cut = second; cut < all.length; cut++) {
            SegmentReader read = read(Arrays.copyOf(all, cut));
            assertThat(read.records()).as("cut at %d", cut).hasSize(1);
            assertThat(read.torn()).isEqualTo(cut - second);
            assertThat(read.damaged()).isZero();
        }
        for (int cut = 0; cut < second; cut++) {
            assertThat(read(Arrays.copyOf(all, cut)).records()).isEmpty();
        }
        assertThat(offset).isLessThan(all.length);
    }

    @Test
    void aDamagedOctetCostsOneRecord() throws IOException {
        int first = segment.size();
        message(ONE, "first\n");
        int second = segment.size();
        message(TWO, "second\n");
        int third = segment.size();
        message(THREE, "third\n");
        byte[] all = segment.toByteArray();
        for (int at = second; at < third; at++) {
            byte[] damaged = all.clone();
            damaged[at] ^= 1;
            SegmentReader read = read(damaged);
            assertThat(read.records().stream().map(LogRecord::name))
                    .as("octet %d", at)
                    .containsExactly(ONE, THREE);
            assertThat(read.damaged()).isEqualTo(third - second);
            assertThat(read.torn()).isZero();
        }
        assertThat(first).isEqualTo(LogRecord.head(TOKEN).length);
    }

    @Test
    void aRecordInAMessageIsText() throws IOException {
        byte[] inner = LogRecord.message("ffffffffffffffff", TWO, Octets.bytes("forged\n"));
        message(ONE, "torn\n" + Octets.of(inner) + "forged\n");
        message(THREE, "x");
        byte[] all = segment.toByteArray();
        all[LogRecord.head(TOKEN).length] = 'X'; // The first record's line is damaged: its text is searched.
        assertThat(read(all).records().stream().map(LogRecord::name)).containsExactly(THREE);
    }

    @Test
    void whateverIsInTheFileNothingIsThrown() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            message(name(1 + i % 9), "text " + i + "\n");
            done(name(1 + i % 9));
        }
        byte[] all = segment.toByteArray();
        for (int i = 0; i < 2000; i++) {
            byte[] bad = all.clone();
            for (int j = 0; j < 1 + random.nextInt(20); j++) {
                int from = random.nextInt(bad.length);
                int to = Math.min(bad.length, from + random.nextInt(40));
                if (random.nextBoolean()) {
                    Arrays.fill(bad, from, to, (byte) random.nextInt(256));
                } else {
                    System.arraycopy(all, random.nextInt(all.length - 40), bad, from, to - from);
                }
            }
            SegmentReader read = read(bad);
            assertThat(read.records().size()).isLessThanOrEqualTo(60);
        }
        List<String> strange = List.of("", "\n", "postern-segment 1 ", "postern-segment 2 " + TOKEN + "\n");
        for (String text : strange) {
            assertThat(read(Octets.bytes(text)).records()).isEmpty();
        }
    }
}
