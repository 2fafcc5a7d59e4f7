package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConnectionTest {
    private static final Duration LIMIT = Duration.ofSeconds(1);

    private static Line line(Connection connection, int maxOctets) throws IOException {
        return connection.readLine(maxOctets, LIMIT);
    }

    static List<List<String>> lines() {
        return List.of(
                List.of("NOOP\r\n", "NOOP"),
                List.of("NOOP\n", "NOOP"),
                List.of("\n", ""),
                List.of("A\rB\r\r\n", "A\rB\r"),
                List.of("\u00e9\0\u00ff\r\n", "\u00e9\0\u00ff"));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void linesEndWithLf(List<String> sentAndLine) throws IOException {
        String sent = sentAndLine.getFirst();
        for (int cut = 0; cut <= sent.length(); cut++) {
            Connection connection = new Connection(TestingWire.cutAt(sent, cut));
            assertThat(line(connection, 10)).as("cut at %d", cut).isEqualTo(new Line.Text(sentAndLine.getLast()));
            assertThat(line(connection, 10)).isEqualTo(new Line.End());
        }
    }

    @Test
    void aLineWithoutItsEndIsTheEnd() throws IOException {
        assertThat(line(new Connection(TestingWire.sending("QUIT")), 10)).isEqualTo(new Line.End());
    }

    @Test
    void theLongestLineAndOneOctetMore() throws IOException {
        Connection connection = new Connection(TestingWire.sending("12345\r\n123456\r\n12345\n", "next\n"));
        assertThat(line(connection, 5)).isEqualTo(new Line.Text("12345"));
        assertThat(line(connection, 5)).isEqualTo(new Line.TooLong());
        assertThat(line(connection, 5)).isEqualTo(new Line.Text("12345"));
        assertThat(line(connection, 5)).isEqualTo(new Line.Text("next"));
    }

    @Test
    void theRestOfALineThatIsTooLongIsDropped() throws IOException {
        Connection connection =
                new Connection(TestingWire.sending("x".repeat(100_000), "y".repeat(100_000), "\r\nok\n"));
        assertThat(line(connection, 500)).isEqualTo(new Line.TooLong());
        assertThat(line(connection, 500)).isEqualTo(new Line.Text("ok"));
    }

    @Test
    void whatIsPipelinedStaysForTheNextReader() throws IOException {
        Connection connection = new Connection(TestingWire.sending("USER joe\r\nPASS x\r\n"));
        assertThat(line(connection, 500)).isEqualTo(new Line.Text("USER joe"));
        assertThat(connection.buffered()).isEqualTo("PASS x\r\n".length());
        byte[] rest = new byte[100];
        assertThat(connection.read(rest, 0, 4, LIMIT)).isEqualTo(4);
        assertThat(connection.read(LIMIT)).isEqualTo(' ');
        connection.discardInput();
        assertThat(connection.read(LIMIT)).isEqualTo(-1);
    }

    @Test
    void bytewiseTakesNothingBehindTheLine() throws IOException {
        TestingWire wire = TestingWire.sending("USER joe\r\nPASS x\r\n");
        Connection connection = new Connection(wire);
        connection.bytewise(true);
        assertThat(line(connection, 500)).isEqualTo(new Line.Text("USER joe"));
        assertThat(connection.buffered()).isZero();
        byte[] left = new byte[100];
        assertThat(wire.read(left, 0, 100, LIMIT)).isEqualTo("PASS x\r\n".length());
    }

    @Test
    void whatNobodyWantsIsReadOff() throws IOException {
        TestingWire wire = TestingWire.hangingAfter("PASS x\r\n", "STAT\r\n", "QUIT\r\n");
        Connection connection = new Connection(wire);
        connection.bytewise(true);
        line(connection, 500);
        connection.write("-ERR\r\n");
        connection.readOff();
        assertThat(wire.output()).isEqualTo("-ERR\r\n");
        assertThat(wire.isReadOff()).isTrue();
    }

    @Test
    void notMoreThanSomeIsReadOff() throws IOException {
        TestingWire wire = TestingWire.sending("x".repeat(50_000), "y".repeat(50_000), "z".repeat(50_000));
        new Connection(wire).readOff();
        assertThat(wire.isReadOff()).isFalse();
    }

    @Test
    void repliesGoOutBeforeItWaits() throws IOException {
        TestingWire wire = TestingWire.sending("one\ntwo\n", "three\n");
        Connection connection = new Connection(wire);
        assertThat(line(connection, 10)).isEqualTo(new Line.Text("one"));
        connection.write("250 ok\r\n");
        assertThat(line(connection, 10)).isEqualTo(new Line.Text("two"));
        assertThat(wire.output()).as("more is there to be answered").isEmpty();
        assertThat(line(connection, 10)).isEqualTo(new Line.Text("three"));
        assertThat(wire.output()).isEqualTo("250 ok\r\n");
    }

    @Test
    void outputKeepsItsOrderWhateverItsSize() throws IOException {
        TestingWire wire = TestingWire.sending();
        Connection connection = new Connection(wire);
        StringBuilder all = new StringBuilder();
        for (int length : new int[] {1, 255, 2, 300, 8000, 8192, 8193, 3, 20_000, 4}) {
            String piece = String.valueOf((char) ('a' + length % 26)).repeat(length);
            connection.write(piece);
            all.append(piece);
        }
        connection.close();
        assertThat(wire.output()).isEqualTo(all.toString());
        assertThat(wire.isClosed()).isTrue();
    }

    @Test
    void whatIsDiscardedIsNotSent() throws IOException {
        TestingWire wire = TestingWire.sending();
        Connection connection = new Connection(wire);
        connection.write("unsent");
        connection.discardOutput();
        connection.flush();
        assertThat(wire.output()).isEmpty();
    }

    @Test
    void aClientThatSaysNothingMore() {
        Connection connection = new Connection(TestingWire.hangingAfter("HEL"));
        assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(() -> line(connection, 10));
    }
}
