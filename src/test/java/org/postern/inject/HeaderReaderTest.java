package org.postern.inject;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postern.os.Octets;

class HeaderReaderTest {
    private static InputText text(String octets) {
        return new InputText(new ByteArrayInputStream(Octets.bytes(octets)));
    }

    /** All of it, as it would be written. */
    private static String whole(String octets) throws IOException {
        InputText text = text(octets);
        HeaderReader.Header.Fields header = (HeaderReader.Header.Fields) HeaderReader.read(text);
        return String.join("", header.fields()) + "|" + header.body() + "|" + Octets.of(text.readAllBytes());
    }

    @Test
    void aHeaderEndsWithAnEmptyLine() throws IOException {
        assertThat(whole("A: b\n c\nD: e\n\nbody\n")).isEqualTo("A: b\n c\nD: e\n|\n|body\n");
        assertThat(whole("\nbody")).isEqualTo("|\n|body\n");
    }

    @Test
    void aLineThatIsNoFieldBeginsTheBody() throws IOException {
        assertThat(whole("A: b\nno field\nC: d\n")).isEqualTo("A: b\n|\nno field\n|C: d\n");
        assertThat(whole("two words: x\n")).isEqualTo("|\ntwo words: x\n|");
        assertThat(whole(": x\n")).isEqualTo("|\n: x\n|");
        assertThat(whole(" x\n")).isEqualTo("|\n x\n|");
        assertThat(whole("\u00e9: x\n")).isEqualTo("|\n\u00e9: x\n|");
    }

    @Test
    void aMessageMayBeAHeaderAlone() throws IOException {
        assertThat(whole("A: b")).isEqualTo("A: b\n||");
        assertThat(whole("")).isEqualTo("||");
    }

    @Test
    void aLineOfAMailboxIsKeptAsAField() throws IOException {
        assertThat(whole("From joe Mon\n cont\nA: b\n\n")).isEqualTo("MBOX-Line: From joe Mon\n cont\nA: b\n|\n|");
    }

    @Test
    void crLfCountsWhereTheFirstLineEndsWithIt() throws IOException {
        assertThat(whole("A: b\r\nC: d\n\r\nx\r\ny\rz\r")).isEqualTo("A: b\nC: d\n|\n|x\ny\rz\r\n");
        assertThat(whole("A: b\nC: d\r\n\nx\r\n")).isEqualTo("A: b\nC: d\r\n|\n|x\r\n");
    }

    @Test
    void crLfIsSeenOverTheEndOfABuffer() throws IOException {
        String line = "x".repeat((64 << 10) - 6 - 1) + "\r\n";
        assertThat(whole("A: b\r\n" + line)).isEqualTo("A: b\n|\n" + line.replace("\r", "") + "|");
        // One octet at a time.
        InputStream slow = new ByteArrayInputStream(Octets.bytes("A: b\r\n\r\nx\r\n")) {
            @Override
            public synchronized int read(byte[] b, int off, int len) {
                return super.read(b, off, Math.min(len, 1));
            }

            @Override
            public int read(byte[] b) {
                return read(b, 0, b.length);
            }
        };
        assertThat(Octets.of(new InputText(slow).readAllBytes())).isEqualTo("A: b\n\nx\n");
    }

    @Test
    void aHeaderHasALimitAndABodyHasNone() throws IOException {
        assertThat(HeaderReader.read(text("A: " + "b".repeat(HeaderReader.LIMIT) + "\n")))
                .isEqualTo(new HeaderReader.Header.TooLong());
        assertThat(HeaderReader.read(text("A: b\n".repeat(HeaderReader.LIMIT / 5 + 1))))
                .isEqualTo(new HeaderReader.Header.TooLong());
        // A first line of the body that is longer comes in two pieces.
        String line = " x".repeat(HeaderReader.LIMIT) + "\n";
        assertThat(whole(line).replace("|", "")).isEqualTo("\n" + line);
    }

    @Test
    void fieldNamesAreKnownInAnyCase() {
        assertThat(FieldName.of("rEPLY-to \t: x\n")).contains(FieldName.REPLY_TO);
        assertThat(FieldName.of("Resent-Message-ID: x\n")).contains(FieldName.RESENT_MESSAGE_ID);
        assertThat(List.of("Subject: x\n", "To-Day: x\n", "T: x\n", "nothing\n"))
                .allMatch(field -> FieldName.of(field).isEmpty());
    }
}
