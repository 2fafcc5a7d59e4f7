package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
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
                            assertThat(subjects(mail)).containsExactlyInAnyOrderElementsOf(accepted);
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
        try (TestingSession session = new TestingSession(CLIENT, smtp)) {
            session.expect("220");
            String line = "x".repeat(70) + "\r\n";
            return session.message(
                    "a@b.example", LOCAL, "Subject: " + number + "\r\n\r\n" + line.repeat(1000) + "end\r\n");
        }
    }

    /** Each message's subject line; each must be whole. */
    private static List<String> subjects(TestingSmallDisk mail) throws IOException {
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

    private static void login(Server pop3) throws IOException {
        TestingSession.loginOnly(CLIENT, pop3.port(), USER);
    }
}
