package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;
import org.postern.TestingSite.Server;

/**
 * Bad settings, files and clients meet the programs as real processes: a clear line or a proper reply, the exit code of the
 * original, and nothing lost. As root.
 */
class BadInputIT {
    private static final String USER = "posternbad";
    private static final String CLIENT = "127.0.0.7";
    private static final String LOCAL = USER + "@" + TestingSite.ME;
    private static final int MANY = 10_000_000;

    @TempDir
    Path directory;

    // ---- settings

    @Test
    void controlFilesThatCannotBeRead() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Server server = site.smtp();
            for (String name : List.of(
                    "me", "rcpthosts", "badmailfrom", "databytes", "timeoutsmtpd", "localiphost", "smtpgreeting")) {
                Path file = site.control().resolve(name);
                byte[] before = Files.exists(file) ? Files.readAllBytes(file) : null;
                Files.deleteIfExists(file);
                Files.createDirectory(file);
                assertThat(greeting(server)).as(name).isEqualTo("421 unable to read controls (#4.3.0)\r\n");
                Files.delete(file);
                if (before != null) {
                    Files.write(file, before);
                }
                assertThat(server.log())
                        .contains("alert: qmail-smtpd: unable to read controls: " + file + ": is a directory");
            }
            assertThat(greeting(server)).startsWith("220 ");
            Files.delete(site.control().resolve("me"));
            assertThat(greeting(server)).isEqualTo("421 unable to read controls (#4.3.0)\r\n");
        }
    }

    @Test
    void sendDoesNotStartWithControlsThatCannotBeRead() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            String send = TestingSite.link("qmail-start");
            for (String name : List.of("locals", "virtualdomains", "concurrencylocal", "queuelifetime")) {
                Path file = Files.createDirectory(site.control().resolve(name));
                assertThat(site.run("", send, "./Maildir/"))
                        .as(name)
                        .satisfies(o -> assertThat(o.exit()).isEqualTo(111))
                        .satisfies(o -> assertThat(o.output())
                                .startsWith("alert: cannot start: ")
                                .contains(file + ": is a directory"));
                Files.delete(file);
            }
            TestingPrograms.succeed("rm", "-r", site.control().toString());
            Outcome without = site.run("", send, "./Maildir/");
            assertThat(without.exit()).isEqualTo(111);
            assertThat(without.output()).startsWith("alert: cannot start: ").contains("write the host's name into ");
        }
    }

    @Test
    void serveSaysWhatIsWrongWithItsFiles() throws IOException {
        Path toml = directory.resolve("postern.toml");
        assertThat(serve(toml))
                .satisfies(o -> assertThat(o.exit()).isEqualTo(100))
                .satisfies(
                        o -> assertThat(o.output()).startsWith("postern serve: fatal: " + toml + ": no such file: "));
        Files.write(toml, "me = \"\u00e9\"\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(serve(toml))
                .satisfies(o -> assertThat(o.exit()).isEqualTo(100))
                .satisfies(o -> assertThat(o.output()).contains(toml + ": is not UTF-8"));
        Files.writeString(toml, "m".repeat(MANY));
        assertThat(serve(toml))
                .satisfies(o -> assertThat(o.exit()).isEqualTo(100))
                .satisfies(o ->
                        assertThat(o.output()).contains(toml + ":1: not TOML: ").hasSizeLessThan(1000));
        Path home = Files.createFile(directory.resolve("home"));
        Files.writeString(
                toml,
                "me = \"a.example\"\nhome = \"" + home + "\"\n[pop3d]\nlisten = \"127.0.0.1:0\"\n"
                        + "[smtpd]\nlisten = \"127.0.0.1:0\"\n[users]\nfile = \"" + directory + "/users\"\n");
        assertThat(serve(toml))
                .isEqualTo(new Outcome(111, "postern serve: fatal: " + home + ": file already exists\n"));
    }

    @Test
    void serveNamesWhatItDoesNotKnow() throws IOException {
        Path toml = Files.writeString(directory.resolve("postern.toml"), "me = \"a.example\"\nhom = \"/x\"\n");
        assertThat(serve(toml))
                .satisfies(o -> assertThat(o.exit()).isEqualTo(100))
                .satisfies(o -> assertThat(o.output())
                        .contains("postern serve: fatal: " + toml
                                + ":2: hom: is a text, an unknown setting; did you mean home?\n"));
    }

    @Test
    void serveSaysThatItsFileCannotBeRead() throws IOException {
        assertThat(serve(Files.createDirectory(directory.resolve("directory"))))
                .isEqualTo(new Outcome(
                        100,
                        "postern serve: fatal: " + directory.resolve("directory")
                                + ": cannot be read: Is a directory\n"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path toml = Files.createFile(directory.resolve("postern.toml"));
        Files.setPosixFilePermissions(toml, PosixFilePermissions.fromString("rw-------"));
        ProcessBuilder ordinary = new ProcessBuilder(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                "./postern",
                "serve",
                "--config",
                "" + toml);
        assertThat(TestingPrograms.run(ordinary, ""))
                .isEqualTo(new Outcome(
                        100,
                        "postern serve: fatal: " + toml
                                + ": may not be read: run Postern as a user who may, or change the file's mode\n"));
    }

    /** Nobody is told that his password is wrong: he would change it. */
    @Test
    void accountsThatCannotBeRead() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            site.account(USER);
            byte[] accounts = Files.readAllBytes(site.users());
            List<Server> servers = List.of(site.pop3(), site.serve());
            for (Server server : servers) {
                login(server);
            }
            Files.delete(site.users());
            Files.createDirectory(site.users());
            String why = "unable to use " + site.users() + ": it is no regular file";
            for (Server server : servers) {
                try (TestingSession pop = new TestingSession(CLIENT, server.port())) {
                    pop.expect("+OK");
                    pop.command("USER " + USER, "+OK");
                    pop.command("PASS " + TestingSite.PASSWORD, "-ERR [SYS/TEMP] ");
                }
                await().atMost(Duration.ofSeconds(20))
                        .untilAsserted(() -> assertThat(server.log()).contains(why));
            }
            assertThat(servers.getFirst().log()).contains("checkpassword: fatal: unable to check " + USER + ": " + why);
            servers.getLast().end();
            assertThat(serve(directory.resolve("postern.toml")))
                    .isEqualTo(new Outcome(111, "postern serve: fatal: users.file: " + why + "\n"));
            Files.delete(site.users());
            Files.write(site.users(), accounts);
            login(servers.getFirst());
        }
    }

    private static Outcome serve(Path toml) throws IOException {
        return TestingPrograms.postern("serve", "--config", toml.toString());
    }

    @Test
    void directoriesThatAreMissing() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            site.setting("RELAY_CTRL_DIR", "/nowhere");
            String settings = directory.resolve("relay-ctrl").toString();
            assertThat(site.run("", TestingSite.link("envdir"), "nowhere", "true"))
                    .isEqualTo(new Outcome(
                            111, "envdir: fatal: unable to switch to directory nowhere: file does not exist\n"));
            Outcome chdir = site.run("", TestingSite.link("envdir"), settings, "relay-ctrl-chdir", "true");
            assertThat(chdir.exit()).isEqualTo(111);
            assertThat(chdir.output()).contains("Could not open dir '/nowhere': No such file or directory");
            assertThat(site.run("", TestingSite.link("envdir"), settings, "relay-ctrl-age"))
                    .isEqualTo(new Outcome(1, "relay-ctrl-age: Fatal: Could not change directory to '/nowhere'.\n"));
            Outcome maildir = site.run("", TestingSite.link("qmail-pop3d"), "nowhere");
            assertThat(maildir.output()).startsWith("-ERR this user has no $HOME/Maildir");
        }
    }

    /** As execvp(3) does, and behind tcpserver (TrampolineTest). */
    @Test
    void aScriptWithoutItsFirstLine() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path script = Files.writeString(directory.resolve("script"), "echo $0 $1 $RELAY_CTRL_EXPIRY\n");
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThat(site.run("", TestingSite.link("envdir"), directory + "/relay-ctrl", script.toString(), "a b"))
                    .isEqualTo(new Outcome(0, script + " a b " + TestingSite.EXPIRY + "\n"));
        }
    }

    // ---- cdb

    @Test
    void rulesThatAreCutShortLetNobodyIn() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path cdb = directory.resolve("tcp.cdb");
            StringBuilder rules = new StringBuilder();
            for (int i = 0; i < 2000; i++) {
                rules.append("198.18.")
                        .append(i / 250)
                        .append('.')
                        .append(i % 250)
                        .append(":deny\n");
            }
            Outcome made = site.run(rules.toString(), TestingSite.link("tcprules"), cdb.toString(), cdb + ".tmp");
            assertThat(made).isEqualTo(new Outcome(0, ""));
            byte[] whole = Files.readAllBytes(cdb);
            Server server = site.smtp("-x", cdb.toString());
            assertThat(greeting(server)).startsWith("220 ");
            for (int length : new int[] {0, 1, 2047, 2048, 2049, 9000, whole.length / 2, whole.length - 1}) {
                Files.write(cdb, Arrays.copyOf(whole, length));
                assertThat(greeting(server)).as(length + " octets").isEmpty();
                assertThat(server.log()
                                .lines()
                                .filter(l -> l.contains("dropping connection"))
                                .toList())
                        .last()
                        .asString()
                        .startsWith("tcpserver: warning: dropping connection, unable to read " + cdb + ": ");
            }
            assertThat(server.log()).contains("status " + (111 << 8));
            Files.write(cdb, whole);
            assertThat(greeting(server)).startsWith("220 ");
            Files.delete(cdb);
            assertThat(greeting(server)).isEmpty();
        }
    }

    /** Neither accepted nor refused for good. */
    @Test
    void moreRcptHostsThatAreCutShort() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path cdb = site.control().resolve("morercpthosts.cdb");
            StringBuilder names = new StringBuilder();
            for (int i = 0; i < 2000; i++) {
                names.append("198.18.")
                        .append(i / 250)
                        .append('.')
                        .append(i % 250)
                        .append(":allow\n");
            }
            site.run(names.toString(), TestingSite.link("tcprules"), cdb.toString(), cdb + ".tmp");
            byte[] whole = Files.readAllBytes(cdb);
            Server server = site.smtp();
            String address = "x@198.18.1.1";
            assertThat(TestingSession.recipient(CLIENT, server.port(), address)).startsWith("250 ");
            for (int length : new int[] {0, 2047, 2048, 9000, whole.length - 1}) {
                Files.write(cdb, Arrays.copyOf(whole, length));
                assertThat(TestingSession.recipient(CLIENT, server.port(), address))
                        .as(length + " octets")
                        .matches("4\\d\\d .*");
                assertThat(TestingSession.recipient(CLIENT, server.port(), LOCAL))
                        .startsWith("250 ");
            }
            assertThat(server.log()).contains("alert: qmail-smtpd: ").contains(cdb.toString());
        }
    }

    // ---- spool

    @Test
    void aSpoolThatCannotBeWritten() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            site.account(USER);
            Files.setPosixFilePermissions(site.spool(), PosixFilePermissions.fromString("rwxr-xr-x"));
            Server pop3 = site.pop3();
            login(pop3);
            assertThat(pop3.log())
                    .containsPattern(
                            "relay-ctrl-allow\\[\\d+]: Warning: Could not open '.*' for writing: Permission denied");
            assertThat(TestingSession.recipient(CLIENT, site.smtp().port(), TestingSite.FOREIGN))
                    .startsWith("553 ");
        }
    }

    // ---- 10 MB without a newline

    @Test
    @Timeout(120)
    void tenMegabytesWithoutANewline() throws IOException {
        String many = "a".repeat(MANY);
        try (TestingSite site = new TestingSite(directory)) {
            Path home = site.systemAccount(USER);
            Server send = site.send();
            Server pop3 = site.pop3();
            try (TestingSession pop = new TestingSession(CLIENT, pop3.port())) {
                pop.expect("+OK");
                assertThat(pop.command(many)).startsWith("-ERR");
                pop.command("USER " + USER, "+OK");
                pop.command("PASS " + TestingSite.PASSWORD, "+OK");
                assertThat(pop.command(many)).startsWith("-ERR");
                pop.command("QUIT", "+OK");
            }
            Server smtp = site.smtp();
            try (TestingSession session = new TestingSession(CLIENT, smtp.port())) {
                session.expect("220");
                assertThat(session.command(many)).isEqualTo("500 command line too long (#5.5.2)");
                String reply = session.message("a@b.example", LOCAL, "Subject: x\r\n\r\n" + many + "\r\n");
                assertThat(reply).matches("5\\d\\d .*line.*");
                assertThat(session.message("a@b.example", LOCAL, "Subject: small\r\n\r\nx\r\n"))
                        .startsWith("250 ");
            }
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(
                            () -> assertThat(list(home.resolve("Maildir/new"))).hasSize(1));
            // The line comes after the file.
            await().atMost(Duration.ofSeconds(20)).until(() -> send.log().contains("success"));
            assertThat(send.log()).doesNotContain("deferral");
            for (Server server : List.of(pop3, smtp)) {
                assertThat(server.resident()).as("kilobytes of memory").isLessThan(200_000);
            }
            Files.writeString(directory.resolve("relay-ctrl/A"), many);
            Outcome envdir = site.run(
                    "",
                    TestingSite.link("envdir"),
                    directory.resolve("relay-ctrl").toString(),
                    "true");
            assertThat(envdir.exit()).isEqualTo(111);
            assertThat(envdir.output())
                    .startsWith("envdir: fatal: unable to read ")
                    .hasSizeLessThan(300);
            Outcome rules = site.run(many, TestingSite.link("tcprules"), "a.cdb", "a.tmp");
            assertThat(rules.exit()).isEqualTo(111);
            assertThat(rules.output())
                    .isEqualTo("tcprules: fatal: unable to read input: a line has more than 1048576 octets\n");
        }
    }

    // ---- a client that vanishes

    @Test
    void aMessageWhoseClientVanishedIsNotQueued() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path home = site.systemAccount(USER);
            Server send = site.send();
            Server smtp = site.smtp();
            for (String end : List.of(
                    "Subject: half\r\n\r\nbod",
                    "Subject: half\r\n\r\nbody\r\n",
                    "Subject: half\r\n\r\nbody\r\n.",
                    "Subject: half\r\n\r\nbody\r\n.\r")) {
                try (TestingSession session = new TestingSession(CLIENT, smtp.port())) {
                    session.expect("220");
                    session.command("MAIL FROM:<a@b.example>", "250");
                    session.command("RCPT TO:<" + LOCAL + ">", "250");
                    session.command("DATA", "354");
                    session.say(end);
                }
            }
            try (TestingSession session = new TestingSession(CLIENT, smtp.port())) {
                session.expect("220");
                assertThat(session.message("a@b.example", LOCAL, "Subject: whole\r\n\r\nx\r\n"))
                        .startsWith("250 ");
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() ->
                            send.log().contains("end msg") && smtp.log().trim().endsWith("status: 0/1500"));
            assertThat(list(home.resolve("Maildir/new"))).hasSize(1);
            assertThat(list(directory.resolve("qmail/postern-queue/drop"))).isEmpty();
        }
    }

    private static List<Path> list(Path of) throws IOException {
        try (Stream<Path> files = Files.list(of)) {
            return files.toList();
        }
    }

    /** All that the server says before it is told QUIT. */
    private static String greeting(Server server) throws IOException {
        try (TestingSession session = new TestingSession(CLIENT, server.port())) {
            session.halfClose();
            return session.rest();
        }
    }

    private static void login(Server pop3) throws IOException {
        TestingSession.loginOnly(CLIENT, pop3.port(), USER);
    }
}
