package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;
import org.postern.remote.TestingSmtpServer;

/** From nothing to a relayed message by the lines that init says, as an ordinary user. */
class InitIT {
    private static final int NOBODY = 65534;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Path home;

    @BeforeEach
    void home() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        home = Files.createDirectory(directory.resolve("home"));
        TestingPrograms.succeed("./postern", "version");
    }

    private List<String> ordinary() throws IOException {
        if (!Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
            return List.of();
        }
        Files.setAttribute(home, "unix:uid", NOBODY);
        Files.setAttribute(home, "unix:gid", NOBODY);
        return List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
    }

    private Outcome init(List<String> before, String... options) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.add(Path.of("postern").toAbsolutePath().toString());
        command.add("init");
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("HOME", home.toString());
        builder.environment().keySet().removeAll(List.of("XDG_CONFIG_HOME", "XDG_STATE_HOME"));
        return TestingPrograms.run(builder, "");
    }

    @Test
    void theFirstMailIsRelayedByTheLinesThatItSays() throws IOException {
        List<String> before = ordinary();
        try (TestingSmtpServer smarthost =
                TestingSmtpServer.answering(Map.of("EHLO", "250-sink\r\n250 8BITMIME\r\n"))) {
            Outcome made = init(
                    before,
                    "--yes",
                    "--me",
                    "gate.example",
                    "--domain",
                    "local.example",
                    "--user",
                    "joe",
                    "--pop3d-listen",
                    "127.0.0.1:0",
                    "--smtpd-listen",
                    "127.0.0.1:0",
                    "--smarthost",
                    "127.0.0.1:" + smarthost.port());
            assertThat(made.exit()).as(made.output()).isZero();
            Path settings = home.resolve(".config/postern/postern.toml");
            assertThat(settings).exists();
            assertThat(made.output()).contains("\n    " + Path.of("postern").toAbsolutePath() + " serve");
            List<String> curl = made.output()
                    .lines()
                    .filter(line -> line.contains("curl "))
                    .map(line -> line.replace("YOU@ELSEWHERE", "you@elsewhere.example"))
                    .toList();
            assertThat(curl).hasSize(2);
            try (TestingServe serve = TestingServe.start(before, home, "--config", settings.toString())) {
                // Any free ports, since the usual ones may be taken here.
                String login = curl.get(0).replace("127.0.0.1:0", "127.0.0.1:" + serve.port("pop3", 0));
                String send = curl.get(1).replace("127.0.0.1:0", "127.0.0.1:" + serve.port("smtp", 0));
                assertThat(shell(send).output()).contains("550");
                Outcome in = shell(login);
                assertThat(in.exit()).as(in.output()).isZero();
                Outcome sent = shell(send);
                assertThat(sent.exit()).as(sent.output()).isZero();
                await().atMost(LIMIT)
                        .until(() -> smarthost.sessions().stream()
                                .anyMatch(session ->
                                        String.join("", List.copyOf(session)).contains("Sent by Postern.\r\n")));
            }
        }
    }

    /** As root serve is somebody else, and can read what init has written. */
    @Test
    void forRootItWritesWhoServes() throws IOException {
        List<String> arguments = List.of(
                "--yes",
                "--me=gate.example",
                "--config=" + directory.resolve("etc/postern.toml"),
                "--home=" + directory.resolve("state"),
                "--users=" + directory.resolve("etc/users"),
                "--user=joe",
                "--run-as=nobody",
                "--pop3d-listen=127.0.0.1:0",
                "--smtpd-listen=127.0.0.1:0");
        boolean isRoot = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        Outcome made = init(List.of(), arguments.toArray(String[]::new));
        assertThat(made.exit()).as(made.output()).isZero();
        String settings = directory.resolve("etc/postern.toml").toString();
        try (TestingServe serve = TestingServe.start(List.of(), home, "--config", settings)) {
            assertThat(serve.isAlive()).as(serve.log()).isTrue();
            assertThat(Files.readString(Path.of("/proc/" + serve.pid() + "/status")))
                    .contains(isRoot ? "Uid:\t65534\t" : "Uid:\t");
            String password = Files.readString(directory.resolve("etc/users"))
                    .split("\\{PLAIN}", -1)[1]
                    .split(":", -1)[0];
            assertThat(TestingClient.login("127.0.0.1", serve.port("pop3", 0), "joe", password))
                    .startsWith("+OK");
            Outcome reloaded = TestingPrograms.run(new ProcessBuilder("./postern", "reload", "--config", settings), "");
            assertThat(reloaded.output()).isEqualTo("no setting to take up\n");
        }
    }

    @Test
    void withoutATerminalAndWithoutOptionsItSaysWhatItNeeds() throws IOException {
        Outcome left = init(ordinary());
        assertThat(left.exit()).isEqualTo(100);
        assertThat(left.output()).contains("nobody at a terminal to ask: --me", "--user", "or --yes for the defaults");
        assertThat(home).isEmptyDirectory();
    }

    private static Outcome shell(String line) throws IOException {
        return TestingPrograms.run(new ProcessBuilder("sh", "-c", line), "");
    }
}
