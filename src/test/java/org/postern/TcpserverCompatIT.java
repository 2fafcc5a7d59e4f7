package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.TestingSideBySide.env;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingSideBySide.Both;
import org.postern.TestingSideBySide.Client;
import org.postern.TestingSideBySide.Seen;

/**
 * Our tcpserver beside Debian's ucspi-tcp (0.88): what the program finds in its environment, how it ends, what the log
 * says, and which command lines are refused.
 */
class TcpserverCompatIT {
    private static final List<Client> TWO = Client.from("127.0.0.5", "127.0.0.6");

    @TempDir
    private Path dir;

    private TestingSideBySide pair;

    @BeforeEach
    void pair() {
        pair = new TestingSideBySide(TestingTcpserver.THEIRS, dir);
    }

    private Seen alike(List<Client> clients, String... arguments) throws IOException {
        Seen seen = pair.serve(env("X", "\u00e9\u00ff"), clients, arguments).alike();
        assertThat(seen.status()).as("TERM ends it with 0").isZero();
        return seen;
    }

    static List<List<String>> lines() {
        return List.of(
                List.of("-v", "-R", "-H", "-l0", "127.0.0.1", "PORT", "env", "-0"),
                List.of("-vRHl", "", "--", "0", "PORT", "env", "-0"),
                List.of("-q", "-R", "-H", "-l0", "0", "PORT", "env", "-0"),
                List.of("-Q1", "-R", "-H", "-l", "n".repeat(300), "", "PORT", "env", "-0"),
                List.of(
                        "-vrRhHpPoOdD",
                        "-c",
                        "3x",
                        "-b5x",
                        "-t",
                        "7x",
                        "-Bone",
                        "-Btwo\n",
                        "-la:b c%d\u00e9",
                        "0",
                        "PORT"),
                List.of("-v", "-RHl0", "--anything", "0", "PORT", "env", "-0"));
    }

    @ParameterizedTest
    @MethodSource
    void lines(List<String> arguments) throws IOException {
        List<String> line = new ArrayList<>(arguments);
        if (line.getLast().equals("PORT")) {
            line.add("env");
        }
        alike(TWO, line.toArray(String[]::new));
    }

    /** What a program in front of tcpserver may have left in the environment is true or gone. */
    @Test
    void whatTheEnvironmentSaysOfAnotherConnectionIsReplaced() throws IOException {
        String[] old = {
            "PROTO", "UDP",
            "TCPLOCALIP", "9.9.9.9",
            "TCPLOCALPORT", "9",
            "TCPLOCALHOST", "old",
            "TCPREMOTEIP", "8.8.8.8",
            "TCPREMOTEPORT", "8",
            "TCPREMOTEHOST", "old",
            "TCPREMOTEINFO", "old",
            "RELAYCLIENT", "stays"
        };
        Seen seen = pair.serve(env(old), TWO, "-v", "-R", "-H", "-l0", "0", "PORT", "env", "-0")
                .alike();
        assertThat(seen.received().getFirst()).contains("RELAYCLIENT=stays").doesNotContain("old");
    }

    @Test
    void octetsPassThroughUnchanged() throws IOException {
        Seen seen = pair.serve(
                        env("O", "caf\u00e9"),
                        Client.sending("\u00e9\u00ff\0x\n"),
                        "-v",
                        "-R",
                        "-H",
                        "-l",
                        "mx\u00e9",
                        "-B",
                        "hall\u00e9\r\n",
                        "0",
                        "PORT",
                        "sh",
                        "-c",
                        "printf '%s|' \"$TCPLOCALHOST\" \"$O\" \"$@\"; head -c 5",
                        "sh",
                        "a\u00e9b",
                        "",
                        "c d")
                .alike();
        assertThat(seen.received()).containsExactly("hall\u00e9\r\nmx\u00e9|caf\u00e9|a\u00e9b||c d|\u00e9\u00ff\0x\n");
        assertThat(seen.log()).contains("mx?:127.0.0.1:PORT");
    }

    @Test
    void anEmptyEnvironment() throws IOException {
        Seen seen = pair.serve(Map.of(), TWO, "-v", "-R", "-H", "-l0", "127.0.0.1", "PORT", "env")
                .alike();
        assertThat(seen.received().getFirst()).contains("PROTO=TCP").doesNotContain("PATH");
    }

    @Test
    void howProgramsEnd() throws IOException {
        List<Client> commands = Client.sending(
                "exit 7\n",
                "exit 111\n",
                "kill -9 $$\n",
                "kill -TERM $$\n",
                "echo to the log >&2; echo to the client\n",
                "pwd; ls /proc/$$/fd\n");
        Seen seen = alike(commands, "-v", "-RHl0", "0", "PORT", "sh", "-c", "read command; eval \"$command\"");
        assertThat(seen.log()).contains("status 1792", "status 28416", "status 9", "status 15", "to the log");
        assertThat(seen.received().getLast()).isEqualTo(dir + "\n0\n1\n2\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"nonexistent", "/nonexistent", "", "/etc/passwd", "/usr", "./no-interpreter", "./here", "here"})
    void programsToBeFoundOrNot(String program) throws IOException {
        script("here", "#!/bin/sh\necho \"here: $*\"\n");
        script("no-interpreter", "#!/nonexistent\n");
        Seen seen = alike(TWO, "-v", "-RHl0", "0", "PORT", program, "a");
        assertThat(seen.log().contains("unable to run")).isEqualTo(!program.equals("./here"));
    }

    private void script(String name, String text) throws IOException {
        Path file = Files.writeString(dir.resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-Q", "-q"})
    void warningsUnlessQuiet(String option) throws IOException {
        Seen seen = alike(TWO, option, "-RHl0", "0", "PORT", "/nonexistent");
        assertThat(seen.log().isEmpty()).isEqualTo(option.equals("-q"));
    }

    static List<List<String>> refused() {
        return List.of(
                List.of(),
                List.of("0", "25"),
                List.of("-q"),
                List.of("-q", "0", "25"),
                List.of("-Z", "0", "1", "true"),
                List.of("-vZq", "0", "1", "true"),
                List.of("-qZ", "0", "1", "true"),
                List.of("-c"),
                List.of("-v", "-x"),
                List.of("-q", "-x"),
                List.of("--", "0", "25"),
                List.of("--help", "0", "25"),
                List.of("-", "0"),
                List.of("-RHl0", "127.0.0.1", "nosuchservice", "true"),
                List.of("-RHl0", "127.0.0.1", "TAKEN", "true"),
                List.of("-qRHl0", "127.0.0.1", "TAKEN", "true"),
                List.of("-RHl0", "192.0.2.1", "PORT", "true"));
    }

    @ParameterizedTest
    @MethodSource
    void refused(List<String> arguments) throws IOException {
        ended(arguments).alike();
    }

    /** The original takes these for port 0, any free one, and for 4464: a mistake in a run script would go unseen. */
    @ParameterizedTest
    @ValueSource(strings = {"", "70000"})
    void portsThatOnlyOursRefuses(String port) throws IOException {
        String our = TestingPrograms.links().resolve("tcpserver").toString();
        assertThat(ended(our, List.of("-RHl0", "127.0.0.1", port, "true")))
                .isEqualTo("28416: tcpserver: fatal: unable to figure out port number for " + port + "\n");
    }

    private Both<String> ended(List<String> arguments) throws IOException {
        return pair.both(tcpserver -> ended(tcpserver, arguments));
    }

    /** The wait status, and what was written. */
    private String ended(String tcpserver, List<String> arguments) throws IOException {
        List<String> argv = new ArrayList<>(List.of(tcpserver));
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            for (String argument : arguments) {
                argv.add(
                        switch (argument) {
                            case "TAKEN" -> String.valueOf(taken.getLocalPort());
                            case "PORT" -> String.valueOf(TestingTcpserver.freePort());
                            default -> argument;
                        });
            }
            try (TestingTcpserver server = TestingTcpserver.start(argv, env(), dir, 0)) {
                return server.ended() + ": " + server.stdout() + server.stderr();
            }
        }
    }
}
