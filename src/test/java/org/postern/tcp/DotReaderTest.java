package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.postern.os.Octets;

class DotReaderTest {
    private static final Duration LIMIT = Duration.ofSeconds(1);

    /** What a reader made of an input. */
    private record Read(String text, int end, String rest, boolean bareLf, boolean loneCr, long longestLine) {}

    private static Read read(int pieceSize, String... input) throws IOException {
        Connection connection = new Connection(TestingWire.sending(input));
        DotReader reader = new DotReader(connection);
        StringBuilder text = new StringBuilder();
        byte[] piece = new byte[pieceSize];
        int n = reader.read(piece, LIMIT);
        for (; n >= 0; n = reader.read(piece, LIMIT)) {
            text.append(Octets.of(piece, 0, n));
        }
        StringBuilder rest = new StringBuilder();
        for (int c = connection.read(LIMIT); c >= 0; c = connection.read(LIMIT)) {
            rest.append((char) c);
        }
        return new Read(text.toString(), n, rest.toString(), reader.bareLf(), reader.loneCr(), reader.longestLine());
    }

    private static Read read(String input) throws IOException {
        return read(8192, input);
    }

    @Test
    void linesEndWithLfAndTheDotOfADoubledOneIsTakenAway() throws IOException {
        assertThat(read("..\r\n..leading\r\n.single\r\n...three\r\na.b\r\n.\r\n")
                        .text())
                .isEqualTo(".\n.leading\nsingle\n..three\na.b\n");
    }

    @Test
    void aDotAloneRightAtTheStartIsTheEmptyMessage() throws IOException {
        assertThat(read(".\r\nNOOP\r\n")).isEqualTo(new Read("", DotReader.END, "NOOP\r\n", false, false, 0));
    }

    @Test
    void whatFollowsTheEndStaysInTheConnection() throws IOException {
        assertThat(read("x\r\n.\r\nQUIT\r\n").rest()).isEqualTo("QUIT\r\n");
    }

    @Test
    void readingOnBehindTheEndTakesNothing() throws IOException {
        Connection connection = new Connection(TestingWire.sending(".\r\nQUIT\r\n"));
        DotReader reader = new DotReader(connection);
        assertThat(reader.read(new byte[100], LIMIT)).isEqualTo(DotReader.END);
        assertThat(reader.read(new byte[100], LIMIT)).isEqualTo(DotReader.END);
        assertThat(connection.readLine(100, LIMIT)).isEqualTo(new Line.Text("QUIT"));
    }

    @Test
    void aClientThatClosesCutsTheMessage() throws IOException {
        assertThat(read("x\r\n.")).isEqualTo(new Read("x\n", DotReader.CUT, "", false, false, 1));
        assertThat(read("x\r\n.\r").end()).isEqualTo(DotReader.CUT);
        assertThat(read("").end()).isEqualTo(DotReader.CUT);
    }

    @Test
    void aBareLfEndsNothingAndIsReported() throws IOException {
        for (String input : new String[] {"x\n.\n", "x\r\n.\n", "x\n.\r\n", ".\n", "\n.\r\n"}) {
            Read read = read(input);
            assertThat(read.end()).as(input).isEqualTo(DotReader.CUT);
            assertThat(read.bareLf()).as(input).isTrue();
        }
    }

    @Test
    void aLoneCrEndsNothingAndIsReported() throws IOException {
        for (String input : new String[] {"x\r.\r", "x\r\n.\rx", "x\r.\r\nx", "x\r\n.\r\r\nx"}) {
            Read read = read(input);
            assertThat(read.end()).as(input).isEqualTo(DotReader.CUT);
            assertThat(read.loneCr() || input.endsWith("\r")).as(input).isTrue();
        }
    }

    @Test
    void crsBeforeALineEndAreKept() throws IOException {
        Read read = read("a\r\r\nb\r\n.\r\n");
        assertThat(read.text()).isEqualTo("a\r\nb\n");
        assertThat(read.loneCr()).isTrue();
    }

    @Test
    void theLongestLineIsCountedWithoutItsEndOrItsExtraDot() throws IOException {
        assertThat(read("four\r\n.dots5\r\nx\r\n.\r\n").longestLine()).isEqualTo(5);
        assertThat(read(3, "four\r\n", "12345", "67890", "\r\n.\r\n").longestLine())
                .isEqualTo(10);
        assertThat(read("unfinished").longestLine()).isEqualTo(10);
    }

    @Test
    void anyCutOfTheInputAndAnySizeOfThePiecesGivesTheSame() throws IOException {
        String input = "..\r\na\r\r\n.\rb\n.c\r\n.\r\r\n..\r\nd\r\n.\r\nNOOP\r\n";
        Read whole = read(input);
        for (int i = 0; i <= input.length(); i++) {
            for (int size : new int[] {2, 3, 5, 100}) {
                assertThat(read(size, input.substring(0, i), input.substring(i)))
                        .as("cut at %d, pieces of %d", i, size)
                        .isEqualTo(whole);
            }
        }
        assertThat(read(2, input.split("", -1))).isEqualTo(whole);
    }
}
