package org.postern.pop3d;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.BigRange;
import net.jqwik.api.constraints.IntRange;
import org.postern.maildir.Sizes;
import org.postern.os.Octets;
import org.postern.tcp.Connection;
import org.postern.tcp.DotWriter;
import org.postern.tcp.Line;
import org.postern.tcp.TestingWire;

class PopPropertyTest {
    /** Octets, most of them those that matter to lines. */
    @Provide
    Arbitrary<String> message() {
        return Arbitraries.frequencyOf(
                        Tuple.of(3, Arbitraries.of('\r', '\n', '.', 'x')),
                        Tuple.of(1, Arbitraries.chars().range('\0', '\u00ff')))
                .list()
                .ofMaxSize(300)
                .map(chars -> {
                    StringBuilder octets = new StringBuilder();
                    chars.forEach(octets::append);
                    return octets.toString();
                });
    }

    @Provide
    Arbitrary<String> line() {
        Arbitrary<String> verbs = Arbitraries.of(
                "QUIT", "stat", "LIST", "RETR", "DELE", "NOOP", "RSET", "TOP", "UIDL", "USER", "PASS", "APOP", "CAPA",
                "");
        Arbitrary<String> rest =
                Arbitraries.strings().withCharRange('\0', '\u00ff').ofMaxLength(40);
        Arbitrary<String> numbers =
                Arbitraries.strings().withChars("0123456789 -+x").ofMaxLength(30);
        return Combinators.combine(verbs, Arbitraries.oneOf(rest, numbers)).as((v, r) -> v + " " + r);
    }

    @Property
    void parsingNeverThrows(@ForAll("line") String octets) {
        assertThat(Command.of(new Line.Text(octets))).isNotNull();
    }

    @Property
    void numbersAreExactOrSaturated(@ForAll @BigRange(min = "0") BigInteger number) {
        long expected = number.toString().length() <= 18 ? number.longValueExact() : Long.MAX_VALUE;
        assertThat(Command.Argument.of(number.toString())).isEqualTo(new Command.Argument.Value(expected));
        assertThat(Command.Argument.of("000" + number)).isEqualTo(new Command.Argument.Value(expected));
    }

    @Property
    void sizeIsWhatIsSentWithoutTheStuffedDots(@ForAll("message") String message) throws IOException {
        assertThat(unstuffed(sent(message, message.length()))).hasSize((int) size(message, message.length()));
    }

    @Property
    void readerGetsTheMessageBack(@ForAll("message") String message) throws IOException {
        String lines = message.replace("\r\n", "\n").replace("\n", "\r\n");
        String whole = lines.isEmpty() || lines.endsWith("\n") ? lines : lines + "\r\n";
        assertThat(unstuffed(sent(message, message.length()))).isEqualTo(whole);
    }

    @Property
    void cutsDoNotMatter(@ForAll("message") String message, @ForAll @IntRange(min = 1, max = 40) int piece)
            throws IOException {
        assertThat(sent(message, piece)).isEqualTo(sent(message, Math.max(1, message.length())));
        assertThat(size(message, piece)).isEqualTo(size(message, Math.max(1, message.length())));
    }

    @Property
    void topIsTheHeaderAndSoManyLines(
            @ForAll("message") String message, @ForAll @IntRange(min = 0, max = 20) int bodyLines) throws IOException {
        String all = unstuffed(sent(message, 7));
        int end = 0;
        int body = -1;
        while (end < all.length() && body < bodyLines) {
            int next = all.indexOf("\r\n", end) + 2;
            // Before the empty line it is the header; that line belongs to it.
            body = body >= 0 ? body + 1 : next == end + 2 ? 0 : -1;
            end = next;
        }
        assertThat(unstuffed(top(message, bodyLines))).isEqualTo(all.substring(0, end));
    }

    @Example
    void emptyMessageIsTheFinalDotAlone() throws IOException {
        assertThat(sent("", 1)).isEqualTo(".\r\n");
    }

    /** What a client does with the body of a multi-line response (RFC 1939 §3). */
    private static String unstuffed(String response) {
        assertThat(response.equals(".\r\n") || response.endsWith("\r\n.\r\n")).isTrue();
        StringBuilder lines = new StringBuilder();
        int at = 0;
        while (true) {
            int end = response.indexOf("\r\n", at) + 2;
            String line = response.substring(at, end);
            if (line.equals(".\r\n")) {
                assertThat(end).as("nothing behind the final dot").isEqualTo(response.length());
                return lines.toString();
            }
            lines.append(line.startsWith(".") ? line.substring(1) : line);
            at = end;
        }
    }

    private static String sent(String message, int piece) throws IOException {
        StringBuilder sent = new StringBuilder();
        DotWriter writer = new DotWriter(
                DotWriter.LoneCr.KEPT, (from, offset, length) -> sent.append(Octets.of(from, offset, length)));
        for (int at = 0; at < message.length(); at += piece) {
            byte[] octets = Octets.bytes(message.substring(at, Math.min(message.length(), at + piece)));
            writer.write(octets, octets.length);
        }
        writer.end();
        return sent + ".\r\n";
    }

    private static String top(String message, int bodyLines) throws IOException {
        TestingWire wire = TestingWire.sending();
        Connection connection = new Connection(wire);
        Dialogue dialogue = new Dialogue(connection, Limits.DEFAULT);
        dialogue.send(Reply.OK, new ByteArrayInputStream(Octets.bytes(message)), bodyLines);
        dialogue.flush();
        return wire.output().substring("+OK \r\n".length());
    }

    private static long size(String message, int piece) {
        Sizes sizes = new Sizes();
        for (int at = 0; at < message.length(); at += piece) {
            byte[] octets = Octets.bytes(message);
            sizes.count(octets, at, Math.min(piece, octets.length - at));
        }
        return sizes.sent();
    }
}
