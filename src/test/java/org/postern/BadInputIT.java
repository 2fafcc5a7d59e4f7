package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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

    // ---- spool and disk

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

    @Test
    void aFullDiskUnderTheSpool() throws IOException {
        try (TestingSite site = new TestingSite(directory);
                SmallDisk disk = new SmallDisk(site.spool(), 256, "0777")) {
            site.account(USER);
            disk.fill();
            Server pop3 = disk.start(site, "pop3", site.popLine());
            Server smtp = disk.start(site, "smtp", site.smtpLine());
            login(pop3);
            assertThat(pop3.log()).contains("Warning: Could not write to '" + CLIENT + "': No space left on device");
            assertThat(TestingSession.recipient(CLIENT, smtp.port(), TestingSite.FOREIGN))
                    .startsWith("553 ");
            assertThat(disk.names()).containsExactly("filler");
            disk.grow(1024);
            login(pop3);
            assertThat(TestingSession.recipient(CLIENT, smtp.port(), TestingSite.FOREIGN))
                    .startsWith("250 ");
        }
    }

    /** What was answered 250 arrives once the disk is larger, whole and once; what was answered 4xx does not. */
    @Test
    @Timeout(120)
    void aFullDiskUnderTheQueueAndTheMaildir() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path home = site.systemAccount(USER);
            Path queue = Files.createDirectory(directory.resolve("qmail/postern-queue"));
            try (SmallDisk disk = new SmallDisk(queue, 1024, "0711")) {
                SmallDisk mail = disk.another(home.resolve("Maildir"), 256);
                mail.run(
                        "sh",
                        "-c",
                        "cd " + home + "; mkdir Maildir/new Maildir/cur Maildir/tmp; chown -R --reference=. Maildir");
                Server send = disk.start(site, "send", List.of(TestingSite.link("qmail-start"), "./Maildir/"));
                await().atMost(Duration.ofSeconds(30)).until(() -> send.log().contains("status: "));
                Server smtp = disk.start(site, "smtp", site.smtpLine());
                Set<String> accepted = new TreeSet<>();
                int deferred = 0;
                for (int i = 0; i < 30; i++) {
                    String reply = message(smtp, i);
                    if (reply.startsWith("250 ")) {
                        accepted.add("Subject: " + i);
                    } else {
                        assertThat(reply).startsWith("451 qq write error or disk full (#4.3.0)");
                        deferred++;
                    }
                }
                assertThat(deferred).isPositive();
                assertThat(accepted).hasSizeGreaterThan(3);
                await().atMost(Duration.ofSeconds(20)).until(() -> send.log().contains(": deferral: "));
                mail.grow(32_768);
                disk.grow(32_768);
                assertThat(message(smtp, 99)).startsWith("250 ");
                accepted.add("Subject: 99");
                await().atMost(Duration.ofSeconds(40))
                        .pollInterval(Duration.ofSeconds(1))
                        .untilAsserted(() -> {
                            TestingPrograms.succeed(
                                    "kill",
                                    "-ALRM",
                                    Long.toString(send.process().pid()));
                            assertThat(subjects(mail)).containsExactlyInAnyOrderElementsOf(accepted);
                        });
                assertThat(send.process().isAlive()).isTrue();
            }
        }
    }

    private static String message(Server smtp, int number) throws IOException {
        try (TestingSession session = new TestingSession(CLIENT, smtp.port())) {
            session.expect("220");
            String line = "x".repeat(70) + "\r\n";
            return session.message(
                    "a@b.example", LOCAL, "Subject: " + number + "\r\n\r\n" + line.repeat(1000) + "end\r\n");
        }
    }

    /** Each message's subject line; each must be whole. */
    private static List<String> subjects(SmallDisk mail) throws IOException {
        List<String> subjects = new ArrayList<>();
        try (Stream<Path> files = Files.list(mail.path().resolve("new"))) {
            for (Path file : files.toList()) {
                String text = Files.readString(file);
                assertThat(text).endsWith("x\nend\n").hasSizeGreaterThan(71_000);
                subjects.add(text.lines()
                        .filter(l -> l.startsWith("Subject: "))
                        .findFirst()
                        .orElse(""));
            }
        }
        return subjects;
    }

    /** A tmpfs of its own mount namespace, in which the servers that are to see it are started. */
    private static final class SmallDisk implements Closeable {
        private final Process holder;
        private final Path at;
        private final boolean mine;

        SmallDisk(Path at, int kilobytes, String mode) throws IOException {
            this.at = at;
            this.mine = true;
            this.holder = new ProcessBuilder(
                            "unshare",
                            "-m",
                            "sh",
                            "-c",
                            "mount --make-rprivate / && " + mount(kilobytes, mode, at) + " && echo ready && exec cat")
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (!"ready".equals(holder.inputReader().readLine())) {
                throw new IOException("unable to mount a tmpfs on " + at);
            }
        }

        private SmallDisk(Process holder, Path at) {
            this.holder = holder;
            this.at = at;
            this.mine = false;
        }

        private static String mount(int kilobytes, String mode, Path at) {
            return "mount -t tmpfs -o size=" + kilobytes + "k,mode=" + mode + " tmpfs " + at;
        }

        /** One more in the same namespace. */
        SmallDisk another(Path where, int kilobytes) throws IOException {
            run("sh", "-c", mount(kilobytes, "0700", where));
            return new SmallDisk(holder, where);
        }

        private List<String> entering(List<String> command) {
            List<String> all = new ArrayList<>(List.of("nsenter", "-m", "-t", Long.toString(holder.pid())));
            all.addAll(command);
            return all;
        }

        void run(String... command) throws IOException {
            TestingPrograms.succeed(entering(List.of(command)).toArray(String[]::new));
        }

        Server start(TestingSite site, String name, List<String> command) throws IOException {
            return name.equals("send") ? site.start(name, entering(command)) : site.tcpserver(name, entering(command));
        }

        void grow(int kilobytes) throws IOException {
            run("mount", "-o", "remount,size=" + kilobytes + "k", at.toString());
        }

        void fill() throws IOException {
            run("sh", "-c", "cat /dev/zero >" + at + "/filler 2>/dev/null || :");
        }

        /** The way to it from outside. */
        Path path() {
            return Path.of("/proc/" + holder.pid() + "/root" + at);
        }

        List<String> names() throws IOException {
            try (Stream<Path> files = Files.list(path())) {
                return files.map(f -> f.getFileName().toString()).toList();
            }
        }

        @Override
        public void close() throws IOException {
            if (mine) {
                holder.getOutputStream().close();
            }
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
            assertThat(send.log()).contains("success").doesNotContain("deferral");
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
        try (TestingSession pop = TestingSession.login(CLIENT, pop3.port(), USER, TestingSite.PASSWORD)) {
            pop.command("QUIT", "+OK");
            assertThat(pop.rest()).isEmpty();
        }
    }
}
