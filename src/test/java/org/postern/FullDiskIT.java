package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;
import org.postern.TestingSite.Server;

/** A full disk under real processes: a reply that says "later", a clear line, nothing lost and nothing half-kept. As root. */
class FullDiskIT {
    private static final String USER = "posternbad";
    private static final String CLIENT = "127.0.0.7";
    private static final String LOCAL = USER + "@" + TestingSite.ME;

    @TempDir
    Path directory;

    @Test
    void aFullDiskUnderTheSpool() throws IOException {
        try (TestingSite site = new TestingSite(directory);
                TestingSmallDisk disk = new TestingSmallDisk(site.spool(), 256, "0777")) {
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
            try (TestingSmallDisk disk = new TestingSmallDisk(queue, 1024, "0711")) {
                TestingSmallDisk mail = disk.another(home.resolve("Maildir"), 256);
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
                    String reply = message(smtp.port(), i);
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
                assertThat(message(smtp.port(), 99)).startsWith("250 ");
                accepted.add("Subject: 99");
                await().atMost(Duration.ofSeconds(40))
                        .pollInterval(Duration.ofSeconds(1))
                        .untilAsserted(() -> {
                            TestingPrograms.succeed(
                                    "kill",
                                    "-ALRM",
                                    Long.toString(send.process().pid()));
                            assertThat(subjects(mail.path().resolve("new")))
                                    .containsExactlyInAnyOrderElementsOf(accepted);
                        });
                assertThat(send.process().isAlive()).isTrue();
            }
        }
    }

    /** Neither a message nor a grant is half-kept, the log says why, and a login is a login. */
    @Test
    void aFullDiskUnderServe() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            site.account(USER);
            Path home = Files.createDirectory(directory.resolve("serve"));
            try (TestingSmallDisk disk = new TestingSmallDisk(home, 1024, "0700")) {
                Server serve = site.serve(disk.entering(List.of()));
                int smtp = serve.ports().get(1);
                List<Path> before = disk.tree();
                disk.fill();
                assertThat(message(smtp, 1)).startsWith("451 ");
                login(serve);
                assertThat(TestingSession.recipient(CLIENT, smtp, TestingSite.FOREIGN))
                        .startsWith("550 ");
                assertThat(serve.log())
                        .contains(": message refused ip=" + CLIENT
                                + " from=<a@b.example>: 451 4.3.0 qq write error or disk full\n")
                        .containsPattern("\nalert: pop3 \\d+: relay not granted ip=" + CLIENT + " user=" + USER
                                + ": Could not write to '" + CLIENT + "': No space left on device\n");
                assertThat(disk.tree())
                        .filteredOn(file -> !file.endsWith("filler"))
                        .containsExactlyElementsOf(before);
                disk.grow(32_768);
                assertThat(message(smtp, 2)).startsWith("250 ");
                login(serve);
                assertThat(TestingSession.recipient(CLIENT, smtp, TestingSite.FOREIGN))
                        .startsWith("250 ");
            }
        }
    }

    /** For who submits by SMTP, and by programs with the queue's owner and without. */
    @Test
    @Timeout(180)
    void noInodesUnderServe() throws IOException {
        try (TestingSite site = new TestingSite(directory)) {
            Path mail = site.account(USER).resolve("Maildir/new");
            Path home = Files.createDirectory(directory.resolve("serve"));
            try (TestingSmallDisk disk = new TestingSmallDisk(home, 32_768, "0700")) {
                Server first = site.serve(disk.entering(List.of()));
                Set<String> accepted = new TreeSet<>(Set.of("4", "5", "8", "9"));
                useUpInodes(disk, first, 100, accepted);
                assertThat(qmailQueue(site, disk, 2)).isEqualTo(new Outcome(53, ""));
                assertThat(sendmail(site, disk, 3))
                        .isEqualTo(new Outcome(111, "qmail-inject: fatal: qq write error or disk full (#4.3.0)\n"));
                disk.giveInodes();
                assertThat(message(first.ports().get(1), 4)).startsWith("250 ");
                assertThat(qmailQueue(site, disk, 5)).isEqualTo(new Outcome(0, ""));
                stop(first);
                Files.delete(first.logFile());
                disk.useUpInodes();
                assertThat(qmailQueue(site, disk, 6)).isEqualTo(new Outcome(53, ""));
                Server second = site.serve(disk.entering(List.of()));
                useUpInodes(disk, second, 200, accepted);
                disk.giveInodes();
                assertThat(message(second.ports().get(1), 8)).startsWith("250 ");
                assertThat(sendmail(site, disk, 9)).isEqualTo(new Outcome(0, ""));
                awaitExactly(mail, second, accepted);
            }
        }
    }

    /** A start removes a file or two, also behind its first listener: until nothing more is accepted. */
    private static void useUpInodes(TestingSmallDisk disk, Server serve, int from, Set<String> accepted) {
        AtomicInteger number = new AtomicInteger(from);
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            disk.useUpInodes();
            String reply = message(serve.ports().get(1), number.incrementAndGet());
            if (reply.startsWith("250 ")) {
                accepted.add(number.toString());
            }
            return reply.startsWith("451 ");
        });
    }

    /**
     * What the messages lie on turns read-only while mail comes and goes, and back. Not all of the queue: of a file system with
     * a file open for writing, as the lock is, only an error makes one that is read-only.
     */
    @Test
    @Timeout(180)
    void aReadOnlyDiskUnderLoad() throws Exception {
        try (TestingSite site = new TestingSite(directory)) {
            Path mail = site.account(USER).resolve("Maildir/new");
            Path log = Files.createDirectories(directory.resolve("serve/queue/log"));
            Path mess = Files.createDirectory(log.resolveSibling("mess"));
            try (TestingSmallDisk disk = new TestingSmallDisk(log, 32_768, "0700")) {
                TestingSmallDisk files = disk.another(mess, 32_768);
                Server serve = site.serve(disk.entering(site.impatient()));
                Load load = new Load(serve.ports().get(1));
                try (load) {
                    load.reach(5, 0);
                    disk.readOnly();
                    files.readOnly();
                    load.reach(5, 5);
                    assertThat(qmailQueue(site, disk, 1_000_000)).isEqualTo(new Outcome(53, ""));
                    assertThat(sendmail(site, disk, 1_000_001).exit()).isEqualTo(111);
                    files.writable();
                    disk.writable();
                    load.reach(load.accepted.size() + 5, 5);
                }
                load.onlyAcceptedOrRefused();
                assertThat(qmailQueue(site, disk, 1_000_002)).isEqualTo(new Outcome(0, ""));
                load.accepted.add("1000002");
                awaitExactly(mail, serve, load.accepted);
            }
        }
    }

    /** Clients that send one message after the other. */
    private static final class Load implements Closeable {
        private static final int CLIENTS = 3;
        private final Set<String> accepted = new ConcurrentSkipListSet<>();
        private final Set<String> refused = new ConcurrentSkipListSet<>();
        private final Set<String> others = new ConcurrentSkipListSet<>();
        private final AtomicInteger numbers = new AtomicInteger();
        private final List<Thread> clients = new ArrayList<>();
        private final int port;
        private volatile boolean over;

        Load(int port) {
            this.port = port;
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(Thread.ofVirtual().start(this::send));
            }
        }

        private void send() {
            while (!over) {
                int number = numbers.incrementAndGet();
                String reply;
                try {
                    reply = message(port, number, number % 5 == 0 ? 1000 : 10);
                } catch (IOException e) {
                    reply = e.toString();
                }
                String subject = Integer.toString(number);
                (reply.startsWith("250 ") ? accepted : reply.startsWith("451 ") ? refused : others)
                        .add(reply.startsWith("250 ") ? subject : reply);
            }
        }

        void reach(int accepts, int refusals) {
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                assertThat(accepted).hasSizeGreaterThanOrEqualTo(accepts);
                assertThat(numbers.get() - accepted.size() - CLIENTS).isGreaterThanOrEqualTo(refusals);
            });
        }

        @Override
        public void close() {
            over = true;
            await().until(() -> clients.stream().noneMatch(Thread::isAlive));
        }

        void onlyAcceptedOrRefused() {
            assertThat(others).isEmpty();
            assertThat(refused).isNotEmpty();
        }
    }

    private static void awaitExactly(Path mail, Server serve, Set<String> numbers) {
        List<String> expected = numbers.stream().map(n -> "Subject: " + n).toList();
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(() -> {
                    TestingPrograms.succeed(
                            "kill", "-HUP", Long.toString(serve.process().pid()));
                    assertThat(subjects(mail)).containsExactlyInAnyOrderElementsOf(expected);
                });
    }

    private static void stop(Server serve) throws IOException {
        TestingPrograms.succeed("kill", "-TERM", Long.toString(serve.process().pid()));
        await().atMost(Duration.ofSeconds(30)).until(() -> !serve.process().isAlive());
    }

    private Outcome qmailQueue(TestingSite site, TestingSmallDisk disk, int number) throws IOException {
        Path text =
                Files.writeString(directory.resolve("text"), text(number, 1000).replace("\r", ""));
        Path envelope = Files.writeString(directory.resolve("envelope"), "Fa@b.example\0T" + LOCAL + "\0\0");
        return submit(site, disk, "qmail-queue <" + text + " 1<" + envelope);
    }

    private Outcome sendmail(TestingSite site, TestingSmallDisk disk, int number) throws IOException {
        Path text =
                Files.writeString(directory.resolve("text"), text(number, 1000).replace("\r", ""));
        return submit(site, disk, "sendmail -f a@b.example " + LOCAL + " <" + text);
    }

    private Outcome submit(TestingSite site, TestingSmallDisk disk, String command) throws IOException {
        String all = "POSTERN_QUEUE=" + directory.resolve("serve/queue") + " " + command;
        return site.run("", disk.entering(List.of("sh", "-c", all)).toArray(String[]::new));
    }

    @Test
    void aFullDiskUnderTcprules() throws IOException {
        Path rules = Files.createDirectory(directory.resolve("rules"));
        try (TestingSite site = new TestingSite(directory);
                TestingSmallDisk disk = new TestingSmallDisk(rules, 64, "0755")) {
            List<String> tcprules = disk.entering(
                    List.of(TestingSite.link("tcprules"), rules.resolve("cdb").toString(), rules + "/tmp"));
            assertThat(site.run(":allow\n", tcprules.toArray(String[]::new))).isEqualTo(new Outcome(0, ""));
            byte[] old = Files.readAllBytes(disk.path().resolve("cdb"));
            disk.fill();
            assertThat(site.run(":deny\n", tcprules.toArray(String[]::new)))
                    .isEqualTo(new Outcome(
                            111, "tcprules: fatal: unable to write to " + rules + "/tmp: out of disk space\n"));
            assertThat(disk.path().resolve("cdb")).hasBinaryContent(old);
            disk.grow(1024);
            assertThat(site.run(":deny\n", tcprules.toArray(String[]::new))).isEqualTo(new Outcome(0, ""));
        }
    }

    private static String message(int smtp, int number) throws IOException {
        return message(smtp, number, 1000);
    }

    private static String message(int smtp, int number, int lines) throws IOException {
        try (TestingSession session = new TestingSession(CLIENT, smtp)) {
            session.expect("220");
            return session.message("a@b.example", LOCAL, text(number, lines));
        }
    }

    private static String text(int number, int lines) {
        return "Subject: " + number + "\r\n\r\n" + ("x".repeat(70) + "\r\n").repeat(lines) + "end\r\n";
    }

    /** Each message's subject line; each must be whole. */
    private static List<String> subjects(Path mail) throws IOException {
        List<String> subjects = new ArrayList<>();
        try (Stream<Path> files = Files.list(mail)) {
            for (Path file : files.toList()) {
                String text = Files.readString(file);
                assertThat(text).containsPattern("\n\n(x{70}\n){10}((x{70}\n){990})?end\n$");
                subjects.add(text.lines()
                        .filter(l -> l.startsWith("Subject: "))
                        .findFirst()
                        .orElse(""));
            }
        }
        return subjects;
    }

    private static void login(Server pop3) throws IOException {
        TestingSession.loginOnly(CLIENT, pop3.port(), USER);
    }
}
