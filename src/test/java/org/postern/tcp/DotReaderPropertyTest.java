package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.postern.os.Octets;

/** Checked against plain string replacement. */
class DotReaderPropertyTest {
    private static final Duration LIMIT = Duration.ofSeconds(1);
    private static final String END = "\r\n.\r\n";

    /** Nothing but these octets matters to the reader. */
    @Provide
    Arbitrary<String> hostile() {
        return Arbitraries.strings().withChars('\r', '\n', '.', 'x').ofMaxLength(60);
    }

    @Provide
    Arbitrary<String> octets() {
        return Arbitraries.oneOf(
                hostile(),
                Arbitraries.strings().withCharRange((char) 0, (char) 255).ofMaxLength(300));
    }

    @Property(tries = 3000)
    void whatIsSentIsReadAgain(@ForAll("octets") String text, @ForAll @IntRange(min = 2, max = 40) int size)
            throws IOException {
        String lines = text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
        String sent = ("\r\n" + lines.replace("\n", "\r\n"))
                .replace("\r\n.", "\r\n..")
                .substring(2);
        assertThat(read(size, sent + ".\r\n")).isEqualTo(lines);
    }

    @Property(tries = 5000)
    void onlyCrLfDotCrLfEndsAMessage(@ForAll("hostile") String input, @ForAll @IntRange(min = 2, max = 9) int size)
            throws IOException {
        checkEnd(input, size);
    }

    /** No need to be lucky: every input of up to eight octets. */
    @Test
    void onlyCrLfDotCrLfEndsAMessageInAllShortInputs() throws IOException {
        char[] alphabet = {'\r', '\n', '.', 'x'};
        for (int length = 0; length <= 8; length++) {
            for (int code = 0; code < 1 << 2 * length; code++) {
                StringBuilder input = new StringBuilder();
                for (int i = 0; i < length; i++) {
                    input.append(alphabet[code >> 2 * i & 3]);
                }
                checkEnd(input.toString(), 100);
            }
        }
    }

    private static final Pattern BARE_LF = Pattern.compile("(?<!\r)\n");
    private static final Pattern LONE_CR = Pattern.compile("\r(?!\n)");

    private static void checkEnd(String input, int size) throws IOException {
        Connection connection = new Connection(TestingWire.sending(input));
        DotReader reader = new DotReader(connection);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        byte[] piece = new byte[size];
        int n = reader.read(piece, LIMIT);
        for (; n >= 0; n = reader.read(piece, LIMIT)) {
            text.write(piece, 0, n);
        }
        // The CR LF of the DATA command stands before.
        String afterData = "\r\n" + input;
        int end = afterData.indexOf(END);
        assertThat(n).as(input).isEqualTo(end < 0 ? DotReader.CUT : DotReader.END);
        if (end >= 0) {
            assertThat(connection.buffered()).as(input).isEqualTo(afterData.length() - end - END.length());
            String message = afterData.substring(0, end + 2);
            assertThat(Octets.of(text.toByteArray()))
                    .as(input)
                    .isEqualTo(message.replace("\r\n.", "\r\n").substring(2).replace("\r\n", "\n"));
            assertThat(reader.bareLf())
                    .as(input)
                    .isEqualTo(BARE_LF.matcher(message).find());
            assertThat(reader.loneCr())
                    .as(input)
                    .isEqualTo(LONE_CR.matcher(message).find());
        }
    }

    private static String read(int size, String sent) throws IOException {
        DotReader reader = new DotReader(new Connection(TestingWire.sending(sent)));
        StringBuilder text = new StringBuilder();
        byte[] piece = new byte[size];
        int n = reader.read(piece, LIMIT);
        for (; n >= 0; n = reader.read(piece, LIMIT)) {
            text.append(Octets.of(piece, 0, n));
        }
        assertThat(n).isEqualTo(DotReader.END);
        return text.toString();
    }
}
