package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.TestingRecords;
import org.postern.chain.TestingCall;
import org.postern.os.TestingSyslogd;
import org.postern.tcp.TestingBareWire;
import org.postern.tcp.TestingWire;

class SploggerTest {
    private static final Instant NOW = Instant.parse("2026-11-24T02:21:49.000042Z");
    private static final String HEAD = "<22>Nov 24 02:21:49 splogger: 1795486909.000042";

    @TempDir
    Path directory;

    /** The record's lines, each as the original sent it for that input: all but the microseconds. */
    @Test
    void linesAreTheRecordedOnes() throws IOException {
        List<String> sent = new ArrayList<>();
        sent.addAll(send(
                "plain info\nalert: cannot start\nwarning: trouble\n\nstatus: x\ncontrol \1 tab\there \u00fc\u00e4\u00f6 \177\n"
                        + "0".repeat(1100) + "\n",
                "splogger",
                "mytag",
                "3"));
        sent.addAll(send("default facility\n", "splogger"));
        sent.addAll(send("fac 10\n", "splogger", "t", "10"));
        List<String> recorded = TestingRecords.text("splogger.txt").lines().toList();
        assertThat(normalized(sent)).isEqualTo(normalized(recorded));
        assertThat(recorded.get(5)).as("the piece that is followed by a plus").hasSize(844);
    }

    /** Microseconds differ, and in the record the clock ticked between the pieces it stamped. */
    private static List<String> normalized(List<String> lines) {
        Pattern stamp = Pattern.compile(" \\d{10}\\.\\d{6}(?=[ +])");
        return lines.stream()
                .map(line -> {
                    Matcher matcher = stamp.matcher(line);
                    return matcher.replaceFirst(" SECONDS.MICROS");
                })
                .toList();
    }

    @Test
    void allPiecesOfALineHaveItsFirstTimeAndPriority() throws IOException {
        List<String> sent = send("warning:" + "x".repeat(2000) + "\nx\n", "splogger", "t", "3");
        assertThat(sent).hasSize(4);
        assertThat(sent.get(0)).startsWith("<28>Nov 24 02:21:49 t: 1795486909.000042 warning:xxx");
        assertThat(sent.get(1)).startsWith("<28>Nov 24 02:21:49 t: 1795486909.000042+xxx");
        assertThat(sent.get(2)).startsWith("<28>Nov 24 02:21:49 t: 1795486909.000042+xxx");
        assertThat(sent.get(3)).isEqualTo("<30>Nov 24 02:21:49 t: 1795486909.000042 x");
    }

    @Test
    void aLineOfExactlyOnePieceHasNoSecond() throws IOException {
        assertThat(send("x".repeat(799) + "\n", "splogger")).containsExactly(HEAD + " " + "x".repeat(799));
        assertThat(send("x".repeat(800) + "\n", "splogger")).containsExactly(HEAD + " " + "x".repeat(799), HEAD + "+x");
    }

    @Test
    void theLastLineIsSentWithoutALineFeed() throws IOException {
        assertThat(send("a\nb", "splogger")).containsExactly(HEAD + " a", HEAD + " b");
    }

    @Test
    void blankLinesAreDropped() throws IOException {
        assertThat(send("\n\n\na\n\n", "splogger")).containsExactly(HEAD + " a");
        assertThat(send("", "splogger")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "2, 22",
        "3, 30",
        "10, 86",
        "0, 14",
        "x, 14",
        "'', 14",
        "3x, 30",
        "127, 1022",
        "128, 14",
        "99999999999, 14"
    })
    void theFacilityIsANumber(String argument, int priority) throws IOException {
        assertThat(send("a\n", "splogger", "t", argument).getFirst()).startsWith("<" + priority + ">");
    }

    @Test
    void theInputMayComeInAnyPieces() throws IOException {
        String input = "alert: a\n\nwarning: b\n" + "y".repeat(805) + "\nend";
        List<String> whole = send(input, "splogger", "t", "3");
        for (int cut = 0; cut <= input.length(); cut += 7) {
            assertThat(sendOver(TestingWire.cutAt(input, cut), "splogger", "t", "3"))
                    .isEqualTo(whole);
        }
    }

    @Test
    void withoutSyslogLinesGoToDescriptorTwoAndAreWarnedOfOnce() throws IOException {
        TestingCall call = TestingCall.stdin("a\nb\n");
        assertThat(call.run(splogger(directory.resolve("none")), "splogger", "t"))
                .isEqualTo(org.postern.chain.Tool.Exit.code(0));
        assertThat(call.stderr())
                .isEqualTo("splogger: warning: no syslog (file does not exist), so lines go here until there is one\n"
                        + "t: 1795486909.000042 a\n"
                        + "t: 1795486909.000042 b\n");
    }

    @Test
    void itGoesOverToASyslogThatAppearsAndBackWhenItGoes() throws IOException {
        Path path = directory.resolve("log");
        List<String> received = new ArrayList<>();
        TestingSyslogd[] syslogd = new TestingSyslogd[1];
        SteppingWire wire = new SteppingWire(List.of(
                () -> "a\n",
                () -> {
                    syslogd[0] = new TestingSyslogd(path);
                    return "b\n";
                },
                () -> {
                    received.addAll(syslogd[0].received());
                    syslogd[0].close();
                    return "c\nd\n";
                },
                () -> {
                    syslogd[0] = new TestingSyslogd(path);
                    return "e\n";
                }));
        List<String> log = new ArrayList<>();
        splogger(path)
                .run(new org.postern.chain.Tool.Invocation(
                        org.postern.chain.Args.of("splogger"),
                        org.postern.chain.Env.empty(),
                        directory,
                        new org.postern.os.Identity(1, 1, List.of()),
                        new org.postern.chain.Descriptors(new org.postern.tcp.Connection(wire), log::add),
                        1));
        received.addAll(syslogd[0].received());
        syslogd[0].close();
        assertThat(received).containsExactly(HEAD + " b", HEAD + " e");
        assertThat(log)
                .containsExactly(
                        "splogger: warning: no syslog (file does not exist), so lines go here until there is one",
                        "splogger: 1795486909.000042 a",
                        "splogger: warning: no syslog (file does not exist), so lines go here until there is one",
                        "splogger: 1795486909.000042 c",
                        "splogger: 1795486909.000042 d");
    }

    /** A program that writes and, between its lines, does something to syslog. */
    private static final class SteppingWire extends TestingBareWire {
        private interface Step {
            String next() throws IOException;
        }

        private final List<Step> steps;
        private int at;

        SteppingWire(List<Step> steps) {
            this.steps = steps;
        }

        @Override
        public int read(byte[] into, int offset, int length, java.time.Duration limit) throws IOException {
            assertThat(limit).as("an idle pipe never ends it").isGreaterThan(java.time.Duration.ofDays(3650));
            if (at == steps.size()) {
                return -1;
            }
            byte[] octets = org.postern.os.Octets.bytes(steps.get(at++).next());
            System.arraycopy(octets, 0, into, offset, octets.length);
            return octets.length;
        }

        @Override
        public void write(byte[] from, int offset, int length, java.time.Duration limit) {
            throw new AssertionError("splogger writes nothing to descriptor 1");
        }
    }

    private List<String> send(String input, String... args) throws IOException {
        return sendOver(TestingWire.sending(input), args);
    }

    private List<String> sendOver(TestingWire wire, String... args) throws IOException {
        Path path = directory.resolve("log");
        try (TestingSyslogd syslogd = new TestingSyslogd(path)) {
            TestingCall call = TestingCall.wire(wire);
            call.run(splogger(path), args);
            assertThat(call.stderr()).isEmpty();
            assertThat(call.stdout()).isEmpty();
            return syslogd.received();
        }
    }

    private static Splogger splogger(Path path) {
        return new Splogger(path, ZoneOffset.UTC, InstantSource.fixed(NOW));
    }
}
