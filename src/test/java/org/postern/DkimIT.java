package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.remote.TestingSmtpServer;

/** Whose mail is signed, at both doors, and when a changed key counts. That signatures hold is DkimInteropIT's. */
class DkimIT {
    private static final Duration LIMIT = Duration.ofSeconds(40);

    @TempDir
    Path directory;

    /** The header fields of the message with that subject, as the next hop got it; empty until it did. */
    private static String header(TestingSmtpServer sink, String subject) {
        return sink.sessions().stream()
                .map(session -> String.join("", session))
                .flatMap(session ->
                        java.util.Arrays.stream(session.split("(?m)^DATA\r\n")).skip(1))
                .filter(message -> message.contains("Subject: " + subject + "\r\n") && message.contains("\r\n.\r\n"))
                .findFirst()
                .map(message -> message.split("\r\n\r\n", 2)[0])
                .orElse("");
    }

    private static String awaitHeader(TestingSmtpServer sink, String subject) {
        await().atMost(LIMIT).until(() -> !header(sink, subject).isEmpty());
        return header(sink, subject);
    }

    private static Path key(Path file) throws IOException {
        TestingPrograms.Outcome made =
                TestingPrograms.postern("dkim-key", TestingSite.ME, "one", "--file", file.toString());
        assertThat(made.exit()).isZero();
        assertThat(made.output()).contains("one._domainkey." + TestingSite.ME + ". IN TXT ( \"v=DKIM1; k=rsa; p=MII");
        return file;
    }

    private static void send(String from, int port, String recipient, String subject) throws IOException {
        try (TestingClient smtp = new TestingClient(from, "127.0.0.1", port)) {
            smtp.say("HELO client.example");
            smtp.say("MAIL FROM:<joe@" + TestingSite.ME + ">");
            assertThat(smtp.say("RCPT TO:<" + recipient + ">")).startsWith("250 ");
            smtp.say("DATA");
            smtp.send("From: joe@" + TestingSite.ME + "\r\nSubject: " + subject + "\r\n\r\nx\r\n");
            assertThat(smtp.say(".")).startsWith("250 ");
        }
    }

    @Test
    void qmailSendSignsWhatIsTheSitesOwn() throws IOException {
        try (TestingSmtpServer sink = TestingSmtpServer.answering(Map.of());
                TestingSite site = new TestingSite(directory)) {
            String user = "pdkim";
            Path home = site.systemAccount(user);
            Files.writeString(home.resolve(".qmail"), "&" + TestingSite.FOREIGN + "\n");
            site.control("smtproutes", ":127.0.0.1:" + sink.port() + "\n");
            site.control("dkim", TestingSite.ME + ":one:one.pem\n");
            TestingSite.Server log = site.send();
            TestingSite.Server smtp = site.smtp();

            // A key that is not there yet: the mail waits.
            String[] sendmail = {TestingSite.link("sendmail"), "-fjoe@" + TestingSite.ME, TestingSite.FOREIGN};
            String message = "From: joe@" + TestingSite.ME + "\nSubject: program\n\nx\n";
            assertThat(site.run(message, sendmail).exit()).isZero();
            await().atMost(LIMIT).until(() -> log.log().contains("deferral: Unable_to_sign_for_" + TestingSite.ME));
            assertThat(log.log())
                    .contains("alert: dkim: mail from " + TestingSite.ME + " waits, its key cannot be used: one.pem: "
                            + "there is no such file");
            key(site.control().resolve("one.pem"));
            TestingPrograms.succeed("kill", "-ALRM", Long.toString(log.process().pid()));
            assertThat(awaitHeader(sink, "program")).contains("DKIM-Signature: v=1; ", "\ts=one; ");
            await().atMost(LIMIT).until(() -> log.log().contains("/DKIM:_d=" + TestingSite.ME + "_s=one/"));

            // A stranger who writes our From is forwarded, and not vouched for.
            send("127.0.0.8", smtp.port(), user + "@" + TestingSite.ME, "stranger");
            assertThat(awaitHeader(sink, "stranger"))
                    .doesNotContain("DKIM-Signature")
                    .contains("Delivered-To: " + user);
            await().atMost(LIMIT)
                    .until(() -> log.log().contains("/DKIM:_not_signed,_a_program_sent_on_what_it_had_received/"));

            // A client with the right to relay.
            TestingSite.Server pop = site.pop3();
            assertThat(TestingClient.login("127.0.0.7", pop.port(), user, TestingSite.PASSWORD))
                    .startsWith("+OK");
            send("127.0.0.7", smtp.port(), TestingSite.FOREIGN, "client");
            assertThat(awaitHeader(sink, "client")).contains("DKIM-Signature: v=1; ", "\ts=one; ");
        }
    }

    @Test
    void serveSignsAndReadsItsKeysAnewAtHup() throws IOException {
        Path file = key(directory.resolve("one.pem"));
        try (TestingSmtpServer sink = TestingSmtpServer.answering(Map.of());
                TestingSite site = new TestingSite(directory)) {
            site.account("joe");
            Path toml = directory.resolve("postern.toml");
            String settings = """
                    me = "%1$s"
                    home = "%2$s/serve"
                    pop3d.listen = "127.0.0.1:0"
                    smtpd.listen = "127.0.0.1:0"
                    smtpd.rcpthosts = ["%1$s", "routed.example"]
                    users.file = "%3$s"
                    send.smtproutes = [":127.0.0.1:%4$d"]
                    [[send.dkim]]
                    domain = "%1$s"
                    selector = "one"
                    key_file = "%5$s"
                    """.formatted(TestingSite.ME, directory, site.users(), sink.port(), file);
            Files.writeString(toml, settings);
            TestingSite.Server serve = site.serve(toml);
            assertThat(TestingClient.login("127.0.0.7", serve.port(), "joe", TestingSite.PASSWORD))
                    .startsWith("+OK");
            int smtp = serve.ports().get(1);
            send("127.0.0.7", smtp, TestingSite.FOREIGN, "client");
            assertThat(awaitHeader(sink, "client")).contains("DKIM-Signature: v=1; ", "\ts=one; ");
            send("127.0.0.8", smtp, "x@routed.example", "stranger");
            assertThat(awaitHeader(sink, "stranger")).doesNotContain("DKIM-Signature");
            await().atMost(LIMIT)
                    .until(() -> serve.log()
                            .contains("/DKIM:_not_signed,_it_came_from_a_client_without_the_right_to_relay/"));

            Files.writeString(toml, settings.replace("\"one\"", "\"two\""));
            TestingPrograms.succeed(
                    "kill", "-HUP", Long.toString(serve.process().pid()));
            await().atMost(LIMIT).until(() -> serve.log().contains("routes: read anew"));
            send("127.0.0.7", smtp, TestingSite.FOREIGN, "again");
            assertThat(awaitHeader(sink, "again")).contains("\ts=two; ");

            // A key that others can read is refused, and the old one stays.
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            TestingPrograms.succeed(
                    "kill", "-HUP", Long.toString(serve.process().pid()));
            await().atMost(LIMIT)
                    .until(() -> serve.log()
                            .contains("alert: settings not changed: " + toml + ":11: send.dkim.key_file: is \"" + file
                                    + "\": others can read or change it"));
            send("127.0.0.7", smtp, TestingSite.FOREIGN, "still");
            assertThat(awaitHeader(sink, "still")).contains("\ts=two; ");
        }
    }
}
