package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.remote.TestingSmtpServer;

/** A host that does not answer is left alone, over a restart as well, until someone says otherwise. */
class DeadHostIT {
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final String NO_CONNECTION =
            "deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/\n";

    @TempDir
    Path directory;

    @Test
    void qmailSend() throws IOException {
        try (TestingSilence silence = new TestingSilence();
                TestingSite site = new TestingSite(directory)) {
            site.control("smtproutes", ":127.0.0.1:" + silence.port() + "\n");
            site.control("timeoutconnect", "1\n");
            Path queue = directory.resolve("qmail/postern-queue");
            TestingSite.Server send = site.send();
            inject(site, "one");
            await().atMost(LIMIT).until(() -> deferred(send.log()) == 1);
            String host = "127.0.0.1:" + silence.port();
            await().atMost(LIMIT).until(() -> list(site).endsWith(" seconds ago; # recent timeouts: 1\n"));
            assertThat(list(site)).startsWith(host + " timed out ");
            end(send);

            // Two minutes are long for a test: the file says that the time-out was then.
            timedOut(queue, silence.port(), 1);
            TestingSite.Server second = again(site, send);
            signal(second, "ALRM");
            await().atMost(LIMIT).until(() -> list(site).endsWith(" seconds ago; # recent timeouts: 2\n"));
            await().atMost(LIMIT).until(() -> deferred(second.log()) == 2); // The log of both.
            end(second);

            try (TestingSmtpServer server = silence.answer()) {
                TestingSite.Server third = again(site, send);
                signal(third, "ALRM");
                await().atMost(LIMIT).until(() -> deferred(third.log()) == 3);
                inject(site, "two");
                await().atMost(LIMIT).until(() -> deferred(third.log()) == 4);
                assertThat(delivered(server)).isZero();

                // Who asks for a message has it tried there; it answers, and is forgotten.
                assertThat(TestingPrograms.postern(
                                "queue", "retry", "--recipient", "two@*", "--queue", queue.toString()))
                        .isEqualTo(new TestingPrograms.Outcome(0, "1 message tried now\n"));
                await().atMost(LIMIT).until(() -> delivered(server) == 1);
                await().atMost(LIMIT).until(() -> list(site).isEmpty());
                end(third);

                timedOut(queue, silence.port(), 2);
                TestingSite.Server fourth = again(site, send);
                inject(site, "three");
                await().atMost(LIMIT).until(() -> deferred(fourth.log()) == 5);
                assertThat(site.run("", TestingSite.link("qmail-tcpok"))).isEqualTo(new TestingPrograms.Outcome(0, ""));
                assertThat(list(site)).isEmpty();
                signal(fourth, "ALRM");
                await().atMost(LIMIT).until(() -> delivered(server) == 3);
                assertThat(fourth.log()).contains("\ncontrol: tcpok: hosts that did not answer are tried again\n");
            }
        }
    }

    @Test
    void serve() throws IOException {
        Path users = Files.writeString(directory.resolve("users"), "");
        Files.setPosixFilePermissions(users, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
        Path queue = directory.resolve("state/queue");
        try (TestingSmtpServer server = TestingSmtpServer.answering(java.util.Map.of())) {
            Path toml = Files.writeString(
                    directory.resolve("postern.toml"), """
                    me = "here.example"
                    home = "%s"
                    pop3d.listen = "127.0.0.1:0"
                    smtpd.listen = "127.0.0.1:0"
                    smtpd.rcpthosts = ["elsewhere.example"]
                    users.file = "%s"
                    send.smtproutes = ":127.0.0.1:%d"
                    """.formatted(directory.resolve("state"), users, server.port()));
            Path home = Files.createDirectory(directory.resolve("home"));
            try (TestingServe serve = TestingServe.start(java.util.List.of(), home, "--config", toml.toString())) {
                serve.signal("TERM");
                assertThat(serve.exit()).isZero();
            }
            timedOut(queue, server.port(), 2);
            try (TestingServe serve = TestingServe.start(java.util.List.of(), home, "--config", toml.toString())) {
                ProcessBuilder sendmail =
                        new ProcessBuilder(TestingSite.link("sendmail"), "-fx@here.example", "y@far.example");
                sendmail.environment().put("POSTERN_QUEUE", queue.toString());
                assertThat(TestingPrograms.run(sendmail, "Subject: t\n\nx\n").exit())
                        .isZero();
                serve.awaitLog(NO_CONNECTION);
                serve.signal("HUP");
                await().atMost(LIMIT).until(() -> deferred(serve.log()) == 2);
                ProcessBuilder tcpok = new ProcessBuilder(TestingSite.link("qmail-tcpok"));
                tcpok.environment().put("POSTERN_QUEUE", queue.toString());
                assertThat(TestingPrograms.run(tcpok, "")).isEqualTo(new TestingPrograms.Outcome(0, ""));
                serve.signal("HUP");
                await().atMost(LIMIT).until(() -> delivered(server) == 1);
            }
        }
    }

    /** Once more, with the same log. */
    private static TestingSite.Server again(TestingSite site, TestingSite.Server before) throws IOException {
        int end = before.log().length();
        TestingSite.Server server = site.send();
        await().atMost(LIMIT).until(() -> server.log().indexOf("status: ", end) >= 0);
        return server;
    }

    private static void inject(TestingSite site, String name) throws IOException {
        assertThat(site.run(
                        "Subject: t\n\nx\n", TestingSite.link("sendmail"), "-fjoe@here.example", name + "@far.example"))
                .isEqualTo(new TestingPrograms.Outcome(0, ""));
    }

    private static String list(TestingSite site) throws IOException {
        TestingPrograms.Outcome outcome = site.run("", TestingSite.link("qmail-tcpto"));
        assertThat(outcome.exit()).isZero();
        return outcome.output();
    }

    /** While nobody sends from the queue: the host timed out, the last time a while ago. */
    private static void timedOut(Path queue, int port, int count) throws IOException {
        long last = Instant.now().minusSeconds(200).getEpochSecond();
        Files.writeString(queue.resolve("tcpto"), "127.0.0.1 " + port + " " + count + " " + last + "\n");
    }

    private static void signal(TestingSite.Server server, String name) throws IOException {
        TestingPrograms.succeed(
                "kill", "-" + name, Long.toString(server.process().pid()));
    }

    private static void end(TestingSite.Server server) throws IOException {
        signal(server, "TERM");
        await().atMost(LIMIT).until(() -> !server.process().isAlive());
    }

    private static int deferred(String log) {
        return log.split(java.util.regex.Pattern.quote(NO_CONNECTION), -1).length - 1;
    }

    private static long delivered(TestingSmtpServer server) {
        return server.sessions().stream()
                .filter(session -> session.contains(".\r\n"))
                .count();
    }
}
