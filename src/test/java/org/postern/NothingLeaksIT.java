package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.TestingSite.Server;
import org.postern.os.Octets;

/**
 * With 1,000 connections open a foreign child has its own descriptors and no other. Behind 10,000 sessions, good ones and
 * broken ones, a server holds what it held before. As root.
 */
class NothingLeaksIT {
    private static final String USER = "posternleak";
    private static final int OPEN = 1_000;
    private static final int SESSIONS = 10_000;
    private static final int CLIENTS = 16;
    /** The JVM ends a carrier of virtual threads after half a minute without work: these may have come meanwhile. */
    private static final int CARRIERS = 2;

    private static final int RULES = 5_000;
    private static final String DENIED = "127.66.0.1";
    private static final String MESSAGE = "Subject: test\r\n\r\nbody\r\n";

    @TempDir
    Path directory;

    // ---- descriptors of a child

    /** Ours, theirs, ours: the child has descriptor 3, the spool's directory, and 9, by which it comes back to ours. */
    @Test
    @Timeout(120)
    void aForeignCheckpasswordHasItsDescriptorsAlone() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path home = site.account(USER);
            Server server = behindForeignCheckpassword(
                    site,
                    listDescriptors() + "echo $RELAY_CTRL_DIR_FD >" + directory + "/variable; echo +hello;"
                            + " read user <&3;",
                    home);
            List<TestingSession> open = open(server.port(), OPEN - 1, "+OK");
            try (TestingSession one = new TestingSession("127.0.0.7", server.port())) {
                one.expect("+OK");
                one.command("USER " + USER, "+OK");
                assertThat(one.command("PASS x")).isEqualTo("+hello");
                one.expect("+OK");
                assertThat(one.command("STAT")).isEqualTo("+OK 0 0");
            } finally {
                close(open);
            }
            assertThat(server.log()).contains("status: " + OPEN + "/");
            Map<Integer, String> found = descriptors();
            int spool = Integer.parseInt(
                    Files.readString(directory.resolve("variable")).strip());
            assertThat(found).containsOnlyKeys(0, 1, 2, 3, spool, 9);
            assertThat(found.get(0)).startsWith("socket:").isEqualTo(found.get(1));
            assertThat(found.get(2)).isEqualTo(directory.resolve("pop3.log").toString());
            assertThat(found.get(3)).startsWith("pipe:");
            assertThat(found.get(spool)).isEqualTo(site.spool().toString());
            assertThat(found.get(9)).startsWith("socket:").isNotEqualTo(found.get(0));
        }
    }

    /** A shell that does this, goes to the home and becomes what follows it. */
    private static Server behindForeignCheckpassword(TestingSite site, String script, Path home) throws IOException {
        return site.pop3(
                "qmail-popup",
                TestingSite.ME,
                "sh",
                "-c",
                script + " cd " + home + "; exec \"$0\" \"$@\"",
                "relay-ctrl-allow",
                "qmail-pop3d",
                "Maildir");
    }

    /** Closed over what the client has sent meanwhile, the refusal would be taken back by TCP. */
    @Test
    @Timeout(60)
    void aRefusalArrivesBeforeTheEndAlsoWhereTheClientGoesOn() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Server server = behindForeignCheckpassword(site, "exit 1;", site.account(USER));
            for (int i = 0; i < 20; i++) {
                // Each from an address of its own: a second failure of one would be made to wait.
                try (Socket client =
                        new Socket("127.0.0.1", server.port(), InetAddress.ofLiteral("127.0.1." + (i + 1)), 0)) {
                    client.getOutputStream().write(Octets.bytes("USER x\r\nPASS y\r\nSTAT\r\nLIST\r\nQUIT\r\n"));
                    assertThat(Octets.of(client.getInputStream().readAllBytes()))
                            .endsWith("+OK \r\n-ERR authorization failed\r\n");
                }
            }
        }
    }

    @Test
    @Timeout(120)
    void aForeignQueueProgramHasItsDescriptorsAlone() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path program = directory.resolve("queue");
            Files.writeString(program, "#!/bin/sh\n" + listDescriptors() + "cat >/dev/null; cat <&1 >/dev/null\n");
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
            site.setting("QMAILQUEUE", program.toString());
            Server server = site.smtp();
            List<TestingSession> open = open(server.port(), OPEN - 1, "220");
            try (TestingSession one = new TestingSession("127.0.0.7", server.port())) {
                one.expect("220");
                assertThat(one.message("a@b.example", "x@" + TestingSite.ME, MESSAGE))
                        .startsWith("250 ");
            } finally {
                close(open);
            }
            Map<Integer, String> found = descriptors();
            assertThat(found).containsOnlyKeys(0, 1, 2);
            assertThat(found.get(0)).startsWith("pipe:");
            assertThat(found.get(1)).startsWith("pipe:").isNotEqualTo(found.get(0));
            assertThat(found.get(2)).isEqualTo(directory.resolve("smtp.log").toString());
        }
    }

    /** Under a foreign tcpserver a program of ours is replaced by the next one: see {@link org.postern.os.ThisProcess#exec}. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "relay-ctrl-check",
                "relay-ctrl-allow",
                "relay-ctrl-send",
                "checkpassword",
                "relay-ctrl-chdir",
                "envdir " + "/var/empty"
            })
    @Timeout(60)
    void aProgramThatIsReplacedLeavesWhatItWasGivenAlone(String program) throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            site.account(USER);
            Path given = Files.writeString(directory.resolve("given"), USER + "\0secret\0x\0");
            Path empty = Files.createDirectory(directory.resolve("empty"));
            Path script = Files.writeString(directory.resolve("list.sh"), listDescriptors());
            StringBuilder line = new StringBuilder("cd " + site.spool() + "; ");
            site.environment()
                    .forEach((name, value) -> line.append("export ")
                            .append(name)
                            .append("='")
                            .append(value)
                            .append("'; "));
            line.append("export TCPREMOTEIP=127.0.0.7 RELAY_CTRL_REMOTES=127.0.0.1 RELAY_CTRL_DIR=" + site.spool()
                            + "; exec ")
                    .append(TestingPrograms.links())
                    .append('/')
                    .append(program.replace("/var/empty", empty.toString()))
                    .append(" sh " + script + " 3<" + given + " 5<" + given);
            TestingPrograms.succeed("sh", "-c", line.toString());
            Map<Integer, String> found = descriptors();
            found.remove(0);
            found.remove(1);
            found.remove(2);
            // checkpassword has read its own and closes it; relay-ctrl-chdir opens one, for the others.
            assertThat(found.remove(3)).isEqualTo(program.equals("checkpassword") ? null : given.toString());
            assertThat(found.remove(5)).isEqualTo(given.toString());
            assertThat(found.values())
                    .containsExactlyElementsOf(
                            program.equals("relay-ctrl-chdir")
                                    ? List.of(site.spool().toString())
                                    : List.of());
        }
    }

    /** serve starts a user's program for a delivery. */
    @Test
    @Timeout(120)
    void aUsersProgramHasItsDescriptorsAlone() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path home = site.account(USER);
            Files.writeString(home.resolve(".qmail"), "|" + listDescriptors() + "cat >/dev/null\n");
            TestingPrograms.succeed(
                    "chown", "--reference=" + home, home.resolve(".qmail").toString());
            List<Integer> ports = site.serve().ports();
            List<TestingSession> open = open(ports.get(0), OPEN / 2, "+OK");
            open.addAll(open(ports.get(1), OPEN / 2 - 1, "220"));
            try (TestingSession one = new TestingSession("127.0.0.7", ports.get(1))) {
                one.expect("220");
                one.command("HELO x", "250");
                assertThat(one.message("a@b.example", USER + "@" + TestingSite.ME, MESSAGE))
                        .startsWith("250 ");
                await().atMost(Duration.ofSeconds(20)).until(() -> Files.exists(directory.resolve("out/list")));
            } finally {
                close(open);
            }
            Map<Integer, String> found = descriptors();
            assertThat(found).containsOnlyKeys(0, 1, 2);
            assertThat(found.get(1)).startsWith("pipe:").isEqualTo(found.get(2));
        }
    }

    /** For sh, which every child here is: a program that writes into a file what it has inherited, and no more. */
    private String listDescriptors() throws IOException {
        Path out = Files.createDirectories(directory.resolve("out"));
        Files.setPosixFilePermissions(out, PosixFilePermissions.fromString("rwxrwxrwx"));
        return "perl -e 'for (0 .. 2000) { my $to = readlink \"/proc/self/fd/$_\"; $all .= \"$_ $to\\n\" if $to }"
                + " open my $out, \">\", \"" + out + "/new\"; print $out $all; close $out;"
                + " rename \"" + out + "/new\", \"" + out + "/list\"'; ";
    }

    /** What the child listed: numbers, and what they lead to. */
    private Map<Integer, String> descriptors() throws IOException {
        Map<Integer, String> found = new TreeMap<>();
        for (String line : Files.readAllLines(directory.resolve("out/list"))) {
            int blank = line.indexOf(' ');
            found.put(Integer.valueOf(line.substring(0, blank)), line.substring(blank + 1));
        }
        return found;
    }

    private static List<TestingSession> open(int port, int count, String greeting) throws IOException {
        List<TestingSession> open = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            TestingSession session = new TestingSession("127.5." + i / 250 + "." + (1 + i % 250), port);
            open.add(session);
            session.expect(greeting);
        }
        return open;
    }

    private static void close(List<TestingSession> open) throws IOException {
        for (TestingSession session : open) {
            session.close();
        }
    }

    // ---- what a server holds

    /** Sessions of one server, told apart by their number. */
    private interface Sessions {
        void run(int number) throws IOException;
    }

    @Test
    @Timeout(300)
    void popSessionsLeaveNothing() throws Exception {
        try (TestingSite site = new TestingSite(directory)) {
            Path home = site.account(USER);
            mail(home);
            Server server = site.pop3();
            leavesNothing(server, SESSIONS / 2, n -> popSession(server.port(), n));
        }
    }

    /** With 5,000 rules, read for each connection and replaced all the time. */
    @Test
    @Timeout(300)
    void smtpSessionsLeaveNothing() throws Exception {
        try (TestingSite site = new TestingSite(directory)) {
            site.systemAccount(USER);
            Server send = site.send();
            Path cdb = directory.resolve("tcp.smtp.cdb");
            rules(site, cdb, 0);
            Server server = site.smtp("-x", cdb.toString());
            AtomicBoolean done = new AtomicBoolean();
            AtomicInteger denied = new AtomicInteger();
            try (ExecutorService replacing =
                    Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
                Future<Integer> replaced = replacing.submit(() -> replaceRules(site, cdb, done));
                try {
                    leavesNothing(server, SESSIONS / 2, n -> {
                        if (n % 50 == 0) {
                            try (TestingSession refused = new TestingSession(DENIED, server.port())) {
                                assertThat(refused.rest()).isEmpty();
                                denied.incrementAndGet();
                            }
                        }
                        smtpSession(server.port(), n);
                    });
                } finally {
                    done.set(true);
                }
                assertThat(replaced.get()).as("times the rules were replaced").isGreaterThan(10);
            }
            assertThat(denied.get()).isGreaterThan(SESSIONS / 100);
            assertThat(server.log()).doesNotContain("dropping", "internal error");
            assertThat(send.process().isAlive()).isTrue();
        }
    }

    /** One that proves the password, one that refuses, one that is killed, one that waits while the client vanishes. */
    @Test
    @Timeout(300)
    void foreignChildrenLeaveNothing() throws Exception {
        try (TestingSite site = new TestingSite(directory)) {
            Path home = site.account(USER);
            Server server = behindForeignCheckpassword(
                    site,
                    "user=$(tr '\\0' '\\n' <&3 | head -n 1); case $user in refused) exit 1;; broken) exit 111;;"
                            + " killed) kill -9 $$;; slow) sleep 0.2;; esac;",
                    home);
            leavesNothing(server, 240, n -> childSession(server.port(), n));
        }
    }

    @Test
    @Timeout(300)
    void sessionsOfServeLeaveNothing() throws Exception {
        try (TestingSite site = new TestingSite(directory)) {
            mail(site.account(USER));
            Server server = site.serve();
            leavesNothing(server, SESSIONS / 5, n -> {
                popSession(server.ports().get(0), n);
                smtpSession(server.ports().get(1), n);
            });
        }
    }

    private static void mail(Path home) throws IOException {
        for (int i = 0; i < 5; i++) {
            Files.writeString(home.resolve("Maildir/cur/" + i + ".test:2,S"), "Subject: " + i + "\n\nbody\n");
        }
        TestingPrograms.succeed(
                "chown",
                "-R",
                "--reference=" + home,
                home.resolve("Maildir/cur").toString());
    }

    /** Some sessions to have all there that is made once; then those that must leave nothing. */
    private static void leavesNothing(Server server, int count, Sessions sessions) throws Exception {
        run(0, count / 8, sessions);
        awaitNoMoreThreadsGo(server);
        int descriptors = server.descriptors();
        int threads = server.threads();
        int resident = server.resident();
        run(count / 8, count, sessions);
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            assertThat(server.descriptors()).as("descriptors").isLessThanOrEqualTo(descriptors);
            assertThat(server.threads()).as("threads").isLessThanOrEqualTo(threads + CARRIERS);
            assertThat(server.children()).as("children").isZero();
        });
        assertThat(server.resident()).as("kilobytes of memory").isLessThan(resident + 48_000);
        assertThat(server.process().isAlive()).isTrue();
        assertThat(server.log()).doesNotContain("internal error");
    }

    /** Threads that are kept for the next work go when none comes: then only what leaks is left. */
    private static void awaitNoMoreThreadsGo(Server server) {
        AtomicInteger last = new AtomicInteger();
        await().during(Duration.ofSeconds(1)).atMost(Duration.ofSeconds(60)).until(() -> {
            int now = server.threads();
            return last.getAndSet(now) == now;
        });
    }

    private static void run(int first, int count, Sessions sessions) throws Exception {
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                clients.add(threads.submit(() -> {
                    for (int n = client; n < count; n += CLIENTS) {
                        sessions.run(first + n);
                    }
                    return null;
                }));
            }
            for (Future<?> client : clients) {
                client.get();
            }
        }
    }

    private static String address(int number) {
        return "127." + (10 + number / 62_500) + "." + number / 250 % 250 + "." + (1 + number % 250);
    }

    private static void popSession(int port, int n) throws IOException {
        String[] dialogue = {"USER " + USER, "PASS " + TestingSite.PASSWORD, "STAT", "RETR 1", "UIDL", "DELE 1", "RSET"
        };
        try (TestingSession session = new TestingSession(address(n), port)) {
            switch (n % 8) {
                case 0 -> {
                    session.expect("+OK");
                    for (String command : dialogue) {
                        session.command(command, "+OK");
                        if (command.startsWith("RETR") || command.equals("UIDL")) {
                            for (String line = session.line(); !line.equals("."); line = session.line()) {
                                assertThat(line).isNotNull();
                            }
                        }
                    }
                    session.command("QUIT", "+OK");
                    assertThat(session.rest()).isEmpty();
                }
                case 1 -> {
                    session.expect("+OK");
                    // Each time another: further failures of one user would be made to wait.
                    session.command("USER guess" + n, "+OK");
                    assertThat(session.command("PASS wrong")).startsWith("-ERR");
                }
                default -> breakOff(session, n / 8, dialogue);
            }
        }
    }

    private static void smtpSession(int port, int n) throws IOException {
        String[] dialogue = {
            "HELO client.example",
            "MAIL FROM:<a@b.example>",
            "RCPT TO:<" + USER + "@" + TestingSite.ME + ">",
            "DATA",
            MESSAGE + ".",
            "RSET"
        };
        try (TestingSession session = new TestingSession(address(n), port)) {
            if (n % 8 == 0) {
                session.expect("220");
                session.command(dialogue[0], "250");
                for (int i = 0; n % 64 == 0 && i < 2; i++) {
                    assertThat(session.message("a@b.example", USER + "@" + TestingSite.ME, MESSAGE))
                            .startsWith("250 ");
                }
                session.command("QUIT", "221");
                assertThat(session.rest()).isEmpty();
            } else {
                breakOff(session, n / 8 * 7 + n % 8, dialogue);
            }
        }
    }

    private static void childSession(int port, int n) throws IOException {
        String[] users = {USER, "refused", "broken", "killed", "slow"};
        String user = users[n % users.length];
        try (TestingSession session = new TestingSession(address(n), port)) {
            session.expect("+OK");
            session.command("USER " + user, "+OK");
            if (user.equals("slow")) {
                session.say("PASS x\r\n");
                end(session, n / users.length);
                return;
            }
            assertThat(session.command("PASS x")).startsWith(user.equals(USER) ? "+OK" : "-ERR");
            if (user.equals(USER)) {
                session.command("QUIT", "+OK");
            }
        }
    }

    /** Goes as far as the number says, leaves a command half said or its reply unread, and ends in one of three ways. */
    private static void breakOff(TestingSession session, int number, String[] dialogue) throws IOException {
        int n = number;
        int steps = n % (dialogue.length + 1);
        n /= dialogue.length + 1;
        if (steps > 0) {
            session.reply();
        }
        for (int i = 0; i < steps - 1; i++) {
            session.command(dialogue[i]);
        }
        switch (n % 4) {
            case 0 -> {}
            case 1 -> session.say(dialogue[Math.max(0, steps - 1)] + "\r\n");
            case 2 -> session.say(dialogue[Math.max(0, steps - 1)].substring(0, 2));
            default -> session.say("\0\u00ff\u00fe garbage\r\n".repeat(40) + "\n\n\n" + "\u0001".repeat(2000));
        }
        end(session, n / 4);
    }

    private static void end(TestingSession session, int number) throws IOException {
        switch (number % 3) {
            case 0 -> session.close();
            case 1 -> session.reset();
            default -> {
                session.halfClose();
                try {
                    session.rest();
                } catch (IOException e) {
                    // Reset by a server that closed without reading all of the garbage.
                    return;
                }
            }
        }
    }

    // ---- rules

    /** Most of them about others; each version says which it is. */
    private static void rules(TestingSite site, Path cdb, int version) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < RULES; i++) {
            text.append("198.")
                    .append(18 + i / 62_500)
                    .append('.')
                    .append(i / 250)
                    .append('.')
                    .append(i % 250);
            text.append(i % 2 == 0 ? ":deny\n" : ":allow,VERSION=\"" + version + "\"\n");
        }
        text.append(DENIED).append(":deny\n:allow,VERSION=\"").append(version).append("\"\n");
        TestingPrograms.Outcome made =
                site.run(text.toString(), TestingSite.link("tcprules"), cdb.toString(), cdb + ".tmp");
        assertThat(made.exit()).as(made.output()).isZero();
    }

    /** By tcprules now and then, and by renaming between. */
    private static int replaceRules(TestingSite site, Path cdb, AtomicBoolean done) throws Exception {
        Path copy = Path.of(cdb + ".copy");
        int replaced = 0;
        while (!done.get()) {
            if (replaced % 20 == 0) {
                rules(site, cdb, replaced);
            } else {
                Files.copy(cdb, copy);
                Files.move(copy, cdb, StandardCopyOption.ATOMIC_MOVE);
            }
            replaced++;
            Thread.sleep(50);
        }
        return replaced;
    }
}
