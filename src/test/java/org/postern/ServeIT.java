package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;
import org.postern.remote.TestingSmtpServer;

/** {@code ./postern serve} as real processes: the demo as its own words say it, and each key of postern.toml. */
class ServeIT {
    private static final int NOBODY = 65534;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final String MESSAGE = "From: joe@local.example\r\nSubject: test\r\n\r\n..dot\r\n8 bit: \u00e9\r\n";

    @TempDir
    Path directory;

    private Path home;

    @BeforeEach
    void home() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        home = Files.createDirectory(directory.resolve("home"));
        TestingPrograms.succeed("./postern", "version");
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    /** With root's state directory out of sight, so that nothing of this machine is touched. */
    @Test
    void demoOfTheTestsOwnUserDoesWhatItsLinesSay() throws IOException {
        demoDoesWhatItsLinesSay(
                isRoot()
                        ? List.of("unshare", "-m", "sh", "-c", "mount -t tmpfs none /var/lib && exec \"$@\"", "sh")
                        : List.of());
    }

    @Test
    void demoOfAnOrdinaryUserDoesWhatItsLinesSay() throws IOException {
        demoDoesWhatItsLinesSay(ordinary());
        Path state = home.resolve(".local/state/postern/demo");
        assertThat(state.resolve("queue")).isDirectory();
        assertThat(Files.getPosixFilePermissions(state.resolve("users")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void demoKeepsItsPasswordAndSecondOneIsRefusedWithThePid() throws IOException {
        List<String> before = ordinary();
        String first;
        try (TestingServe demo = TestingServe.start(before, home)) {
            first = password(demo);
            try (TestingServe second = TestingServe.start(before, home)) {
                assertThat(second.exit()).isEqualTo(111);
                assertThat(second.log())
                        .contains("postern serve: fatal: ", " is in use by process " + demo.pid() + ": stop that one");
            }
            assertThat(demo.isAlive()).isTrue();
        }
        try (TestingServe again = TestingServe.start(before, home)) {
            assertThat(password(again)).isEqualTo(first);
        }
    }

    @Test
    void demoWithoutAHomeSaysSo() throws IOException {
        List<String> before = new ArrayList<>(ordinary());
        before.addAll(List.of("env", "-u", "HOME"));
        try (TestingServe demo = TestingServe.start(before, home)) {
            assertThat(demo.exit()).isEqualTo(111);
            assertThat(demo.log())
                    .isEqualTo(
                            "postern serve: fatal: HOME is not set, so there is no place for the demo's state: set it\n");
        }
    }

    private static String password(TestingServe demo) throws IOException {
        return demo.stdout().replaceFirst("(?s).*password (\\w+)\\..*", "$1");
    }

    /** A prefix of command lines that makes them an ordinary user's, and HOME his. */
    private List<String> ordinary() throws IOException {
        if (!isRoot()) {
            return List.of();
        }
        Files.setAttribute(home, "unix:uid", NOBODY);
        Files.setAttribute(home, "unix:gid", NOBODY);
        return List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
    }

    private void demoDoesWhatItsLinesSay(List<String> before) throws IOException {
        try (TestingServe demo = TestingServe.start(before, home)) {
            assertThat(demo.stdout()).startsWith("DEMO. ").contains("user demo, password ");
            List<String> lines = demo.stdout()
                    .lines()
                    .filter(l -> l.startsWith("printf ") || l.startsWith("curl "))
                    .toList();
            assertThat(lines).hasSize(5);

            Outcome early = shell(lines.get(0));
            assertThat(early.exit()).as(early.output()).isNotZero();
            assertThat(early.output()).contains("550");
            assertThat(demo.log()).contains(": relay refused ip=127.0.0.1 from=<demo@demo.example>");
            assertThat(demo.log()).doesNotContain("demo sink: message");

            Outcome login = shell(lines.get(1));
            assertThat(login.exit()).as(login.output()).isZero();
            assertThat(demo.log())
                    .containsPattern("pop3 \\d+: login user=demo ip=127.0.0.1\n"
                            + "pop3 \\d+: relay granted ip=127.0.0.1 user=demo for 600 s\n");

            Outcome relayed = shell(lines.get(2));
            assertThat(relayed.exit()).as(relayed.output()).isZero();
            demo.awaitLog("arrived from <demo@demo.example> to [you@elsewhere.example]");
            demo.awaitLog("demo sink:   Sent by Postern.");
            demo.awaitLog("delivery 1: success");

            Outcome local = shell(lines.get(3));
            assertThat(local.exit()).as(local.output()).isZero();
            demo.awaitLog("delivery 2: success");
            Outcome read = shell(lines.get(4));
            assertThat(read.exit()).as(read.output()).isZero();
            assertThat(read.output())
                    .startsWith("Return-Path: <demo@demo.example>\r\nDelivered-To: demo@demo.example\r\nReceived: ")
                    .endsWith("From: demo@demo.example\r\nTo: demo@demo.example\r\nSubject: hello\r\n\r\n"
                            + "Sent by Postern.\r\n");

            demo.signal("INT");
            assertThat(demo.exit()).isZero();
        }
    }

    private static Outcome shell(String line) throws IOException {
        return TestingPrograms.run(new ProcessBuilder("sh", "-c", line), "");
    }

    /** What stands in the file holds: one walk that meets each key's effect. */
    @Test
    void eachKeyHasItsEffect() throws IOException {
        Path state = directory.resolve("state");
        try (TestingSmtpServer sink = TestingSmtpServer.answering(Map.of("EHLO", "250-sink\r\n250 8BITMIME\r\n"));
                TestingServe serve = serve("""
                        me = "gate.example"
                        home = "%s"
                        [pop3d]
                        listen = ["127.0.0.1:0", "[::1]:0"]
                        [smtpd]
                        listen = ["127.0.0.1:0", "[::1]:0"]
                        rcpthosts = ["local.example", "second.example"]
                        databytes = 2000
                        [relay]
                        expiry = 3
                        [users]
                        file = "%s"
                        [send]
                        locals = ["local.example"]
                        smtproutes = ["second.example:127.0.0.1:%d", "elsewhere.example:127.0.0.1:%d"]
                        """.formatted(state, users(), sink.port(), sink.port()))) {
            int pop = serve.port("pop3", 0);
            int smtp = serve.port("smtp", 0);

            // me, and listen with more than one address
            for (String address : List.of("127.0.0.1", "::1")) {
                int which = address.equals("::1") ? 1 : 0;
                try (TestingClient p = new TestingClient(address, address, serve.port("pop3", which));
                        TestingClient s = new TestingClient(address, address, serve.port("smtp", which))) {
                    assertThat(p.greeting()).matches("\\+OK <[0-9.]+@gate\\.example>");
                    assertThat(s.greeting()).startsWith("220 gate.example");
                    // databytes
                    assertThat(s.sayForAll("EHLO client.example")).contains("SIZE 2000\n");
                    assertThat(s.say("MAIL FROM:<a@b.example> SIZE=2001")).startsWith("552 ");
                }
            }
            // home
            assertThat(state.resolve("queue")).isDirectory();
            assertThat(state.resolve("relay")).isDirectory();

            // rcpthosts
            assertThat(recipient("127.0.0.7", smtp, "joe@local.example")).startsWith("250 ");
            assertThat(recipient("127.0.0.7", smtp, "joe@second.example")).startsWith("250 ");
            assertThat(recipient("127.0.0.7", smtp, "joe@gate.example")).startsWith("550 ");
            assertThat(recipient("127.0.0.7", smtp, "z@elsewhere.example"))
                    .isEqualTo(
                            "550 5.7.1 relaying denied: log in by POP3 on this host first, then send within 3 seconds");

            // users.file
            assertThat(TestingClient.login("127.0.0.7", pop, "joe", "wrong")).startsWith("-ERR");
            assertThat(TestingClient.login("127.0.0.7", pop, "root", "secret")).startsWith("-ERR");
            assertThat(recipient("127.0.0.7", smtp, "z@elsewhere.example")).startsWith("550 ");
            assertThat(TestingClient.login("127.0.0.7", pop, "joe", "secret")).startsWith("+OK");

            // relay, by smtproutes; and locals
            assertThat(send("127.0.0.7", smtp, "z@elsewhere.example")).startsWith("250 ");
            await().atMost(LIMIT).until(() -> received(sink, 0).endsWith(".\r\n"));
            assertThat(received(sink, 0))
                    .contains("RCPT TO:<z@elsewhere.example>\r\n")
                    .endsWith("\r\n" + MESSAGE + ".\r\n");
            assertThat(recipient("127.0.0.8", smtp, "z@elsewhere.example")).startsWith("550 ");
            assertThat(send("127.0.0.8", smtp, "joe@second.example")).startsWith("250 ");
            await().atMost(LIMIT).until(() -> received(sink, 1).endsWith(".\r\n"));
            assertThat(send("127.0.0.8", smtp, "joe@local.example")).startsWith("250 ");
            await().atMost(LIMIT).until(() -> !mails().isEmpty());
            assertThat(mails().getFirst()).endsWith("\n\n.dot\n8 bit: \u00e9\n");

            // relay.expiry
            assertThat(TestingClient.login("127.0.0.7", pop, "joe", "secret")).startsWith("+OK");
            assertThat(recipient("127.0.0.7", smtp, "z@elsewhere.example")).startsWith("250 ");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(recipient("127.0.0.7", smtp, "z@elsewhere.example"))
                            .startsWith("550 "));
            assertThat(serve.log()).contains("relay granted ip=127.0.0.7 user=joe for 3 s", ": expired ");

            // databytes, where nobody announced a size
            try (TestingClient client = new TestingClient("127.0.0.8", "127.0.0.1", smtp)) {
                client.say("HELO client.example");
                client.say("MAIL FROM:<a@b.example>");
                client.say("RCPT TO:<joe@local.example>");
                client.say("DATA");
                client.send(("x".repeat(98) + "\r\n").repeat(21));
                assertThat(client.say(".")).startsWith("552 ");
            }
            assertThat(mails()).hasSize(1);
        }
    }

    @Test
    void allProblemsOfTheFileAreToldAtOnceAndNothingStarts() throws IOException {
        try (TestingServe serve = serve("""
                me = "two words"
                home = "relative"
                colour = "red"
                [pop3d]
                listen = "127.0.0.1:70000"
                [smtpd]
                rcpthosts = ["good.example", 7]
                databytes = "many"
                [relay]
                expiry = 0
                [users]
                file = "/nowhere"
                [send]
                smtproutes = "elsewhere.example"
                """)) {
            assertThat(serve.exit()).isEqualTo(100);
            String file = "postern serve: fatal: " + directory.resolve("postern.toml");
            // The list itself grows with each setting.
            assertThat(serve.log()
                            .lines()
                            .map(l -> l.replace(file, "F")
                                    .replaceFirst("(known ones: group, home, me, pop3d\\.).*", "$1…")))
                    .containsExactlyInAnyOrder(
                            "F:1: me: \"two words\" is no domain; write one such as \"example.com\"",
                            "F:2: home: is \"relative\"; give a path that begins with /",
                            "F:3: colour: is a text, an unknown setting; the known ones: group, home, me, pop3d.…",
                            "F:5: pop3d.listen: \"127.0.0.1:70000\" is no address to listen on; write address:port, as"
                                    + " \"127.0.0.1:110\" or \"[::1]:110\"",
                            "F: smtpd.listen: is missing; write, for example, listen = \"127.0.0.1:25\"",
                            "F:7: smtpd.rcpthosts: element 2 is 7, not a text; put it in quotes",
                            "F:8: smtpd.databytes: is \"many\"; give a whole number of at least 0",
                            "F:10: relay.expiry: is 0; give a whole number from 1 to 604800",
                            "F:14: send.smtproutes: \"elsewhere.example\": there is no colon: write domain:host or"
                                    + " domain:host:port");
        }
    }

    @Test
    void fileThatIsNotTomlIsToldWithItsLine() throws IOException {
        try (TestingServe serve = serve("me = \"gate.example\"\nhome = \n[pop3d\n")) {
            assertThat(serve.exit()).isEqualTo(100);
            assertThat(serve.log()).contains(directory.resolve("postern.toml") + ":2: not TOML: ");
        }
    }

    @Test
    void fileThatIsNotThereIsTold() throws IOException {
        try (TestingServe serve = TestingServe.start(List.of(), home, "--config", "/nowhere/postern.toml")) {
            assertThat(serve.exit()).isEqualTo(100);
            assertThat(serve.log()).startsWith("postern serve: fatal: /nowhere/postern.toml: no such file: ");
        }
    }

    @Test
    void stateThatOthersMayWriteToIsRefused() throws IOException {
        Path state = Files.createDirectory(directory.resolve("state"));
        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxrwxrwx"));
        refused("everyone may write to " + state);

        Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path spool = Files.createDirectory(state.resolve("relay"));
        Files.setPosixFilePermissions(spool, PosixFilePermissions.fromString("rwxrwx---"));
        refused("others may write to " + spool);

        Files.setPosixFilePermissions(spool, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(users(), PosixFilePermissions.fromString("rw-rw-rw-"));
        refused("everyone may write to it, so anyone could make accounts");

        Files.delete(users());
        refused("users.file: unable to use " + directory.resolve("users"));
    }

    private void refused(String why) throws IOException {
        try (TestingServe serve = serve(config())) {
            assertThat(serve.exit()).isEqualTo(111);
            assertThat(serve.log()).startsWith("postern serve: fatal: ").contains(why);
        }
    }

    @Test
    void portThatIsTakenIsTold() throws IOException {
        try (TestingSmtpServer other = TestingSmtpServer.answering(Map.of());
                TestingServe serve = serve(config().replace("127.0.0.1:0", "127.0.0.1:" + other.port()))) {
            assertThat(serve.exit()).isEqualTo(111);
            assertThat(serve.log()).contains("unable to listen on 127.0.0.1:" + other.port());
        }
    }

    @Test
    void termLetsSessionsFinish() throws IOException {
        try (TestingServe serve = serve(config())) {
            int port = serve.port("smtp", 0);
            try (TestingClient pop = new TestingClient("127.0.0.7", "127.0.0.1", serve.port("pop3", 0));
                    TestingClient smtp = new TestingClient("127.0.0.7", "127.0.0.1", port)) {
                smtp.say("HELO client.example");
                smtp.say("MAIL FROM:<a@b.example>");
                smtp.say("RCPT TO:<joe@local.example>");
                assertThat(smtp.say("DATA")).startsWith("354 ");
                smtp.send("Subject: under way\r\n");

                serve.signal("TERM");
                await().atMost(LIMIT)
                        .untilAsserted(() -> assertThatThrownBy(
                                        () -> new TestingClient("127.0.0.7", "127.0.0.1", port).close())
                                .isInstanceOf(ConnectException.class));

                assertThat(smtp.say("\r\nstill taken\r\n.")).startsWith("250 ");
                assertThat(smtp.say("QUIT")).startsWith("221 ");
                pop.say("USER joe");
                assertThat(pop.say("PASS secret")).startsWith("+OK");
                assertThat(serve.isAlive()).isTrue();
                assertThat(pop.say("QUIT")).startsWith("+OK");
            }
            assertThat(serve.exit()).isZero();
        }
        // Answered 250, so on disk: whoever did not deliver it before the end does after the next start.
        try (TestingServe again = serve(config())) {
            await().atMost(LIMIT).until(() -> !mails().isEmpty());
            assertThat(again.isAlive()).isTrue();
        }
        assertThat(mails()).hasSize(1);
        assertThat(mails().getFirst()).endsWith("Subject: under way\n\nstill taken\n");
    }

    @Test
    void secondTermEndsItNow() throws IOException {
        try (TestingServe serve = serve(config());
                TestingClient idle = new TestingClient("127.0.0.7", "127.0.0.1", serve.port("pop3", 0))) {
            int port = serve.port("smtp", 0);
            serve.signal("TERM");
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThatThrownBy(() -> new TestingClient("127.0.0.7", "127.0.0.1", port).close())
                                    .isInstanceOf(ConnectException.class));
            assertThat(serve.isAlive()).isTrue();
            serve.signal("TERM");
            assertThat(serve.exit()).isZero();
            assertThat(idle.line()).isEmpty();
        }
    }

    private TestingServe serve(String settings) throws IOException {
        Path file = Files.writeString(directory.resolve("postern.toml"), settings);
        return TestingServe.start(List.of(), home, "--config", file.toString());
    }

    private String config() {
        return """
                me = "local.example"
                home = "%s"
                [pop3d]
                listen = "127.0.0.1:0"
                [smtpd]
                listen = "127.0.0.1:0"
                [users]
                file = "%s"
                """.formatted(directory.resolve("state"), users());
    }

    private Path users() {
        return directory.resolve("users");
    }

    /** An account joe with a Maildir. */
    @BeforeEach
    void joe() throws IOException {
        Path joe = Files.createDirectory(directory.resolve("joe"));
        for (String sub : List.of("Maildir", "Maildir/tmp", "Maildir/new", "Maildir/cur")) {
            Files.createDirectory(joe.resolve(sub));
        }
        // As root, mail is delivered with another user's rights.
        String owner = ":";
        if (isRoot()) {
            owner = NOBODY + ":" + NOBODY;
            TestingPrograms.succeed("chown", "-R", owner, joe.toString());
        }
        Path users = Files.writeString(users(), "joe:{PLAIN}secret:" + owner + "::" + joe + ":\n");
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
    }

    private List<String> mails() throws IOException {
        List<String> mails = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory.resolve("joe/Maildir/new"))) {
            for (Path file : files.sorted().toList()) {
                mails.add(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return mails;
    }

    private static String recipient(String from, int port, String recipient) throws IOException {
        return TestingClient.recipient(from, port, "a@b.example", recipient);
    }

    private static String send(String from, int port, String recipient) throws IOException {
        try (TestingClient smtp = new TestingClient(from, "127.0.0.1", port)) {
            smtp.say("HELO client.example");
            smtp.say("MAIL FROM:<joe@local.example>");
            smtp.say("RCPT TO:<" + recipient + ">");
            smtp.say("DATA");
            smtp.send(MESSAGE);
            String answer = smtp.say(".");
            smtp.say("QUIT");
            return answer;
        }
    }

    /** What the receiving server got in a session. */
    private static String received(TestingSmtpServer sink, int session) {
        return sink.sessions().size() > session
                ? String.join("", List.copyOf(sink.sessions().get(session))).replaceFirst("QUIT\r\n$", "")
                : "";
    }
}
