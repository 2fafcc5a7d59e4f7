package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.remote.TestingSmtpServer;

/** A changed route acts on the next message, and on those that wait. */
class RouteChangeIT {
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final Map<String, String> NOT_NOW = Map.of("RCPT", "451 4.3.0 not now\r\n");

    @TempDir
    Path directory;

    @Test
    void smtproutesOfQmailSendIsReadForEachDelivery() throws IOException {
        try (TestingSmtpServer before = TestingSmtpServer.answering(NOT_NOW);
                TestingSmtpServer after = TestingSmtpServer.answering(Map.of());
                TestingSite site = new TestingSite(directory)) {
            site.control("smtproutes", ":127.0.0.1:" + before.port() + "\n");
            TestingSite.Server send = site.send();
            inject(site, "one");
            await().atMost(LIMIT).until(() -> send.log().contains("deferral: "));

            site.control("smtproutes", ":127.0.0.1:" + after.port() + "\n");
            inject(site, "two");
            await().atMost(LIMIT).until(() -> arrived(after, "two"));
            assertThat(arrived(after, "one")).isFalse();
            TestingPrograms.succeed("kill", "-HUP", Long.toString(send.process().pid()));
            TestingPrograms.succeed(
                    "kill", "-ALRM", Long.toString(send.process().pid()));
            await().atMost(LIMIT).until(() -> arrived(after, "one"));

            site.control("smtproutes", "elsewhere.example\n");
            inject(site, "three");
            await().atMost(LIMIT)
                    .until(() -> send.log()
                            .contains("smtproutes:1:_\"elsewhere.example\":_there_is_no_colon:_write_domain:host_or_"));
            assertThat(before.sessions()).hasSize(1);
        }
    }

    @Test
    void hupMakesQmailSendReadLocalsAndVirtualdomainsAnew() throws IOException {
        try (TestingSmtpServer server = TestingSmtpServer.answering(NOT_NOW);
                TestingSite site = new TestingSite(directory)) {
            Path joe = site.account("joe");
            Path ann = site.account("ann");
            Files.writeString(ann.resolve(".qmail-default"), "./Maildir/\n");
            site.control("smtproutes", ":127.0.0.1:" + server.port() + "\n");
            TestingSite.Server send = site.send();
            inject(site, "one", "joe@new.example");
            inject(site, "two", "ann@person.example");
            inject(site, "three", "x@wild.person.example");
            await().atMost(LIMIT).until(() -> send.log().split("deferral: ", -1).length > 3);

            site.control("locals", TestingSite.ME + "\nNew.example\n");
            site.control("virtualdomains", "ann@person.example:ann\nwild.person.example:\n.person.example:ann\n");
            inject(site, "four", "y@sub.person.example");
            TestingPrograms.succeed("kill", "-HUP", Long.toString(send.process().pid()));
            await().atMost(LIMIT).until(() -> send.log().contains("routes: read anew, locals 2, virtualdomains 3"));
            TestingPrograms.succeed(
                    "kill", "-ALRM", Long.toString(send.process().pid()));
            await().atMost(LIMIT).until(() -> isIn(joe, "one") && isIn(ann, "two") && isIn(ann, "four"));
            assertThat(isIn(ann, "three")).isFalse();

            // What was local is another host's from now on.
            Files.writeString(joe.resolve(".qmail"), "|exit 111\n");
            inject(site, "five", "joe@" + TestingSite.ME);
            await().atMost(LIMIT).until(() -> hasTried(send, "joe@" + TestingSite.ME));
            site.control("locals", "New.example\n");
            TestingPrograms.succeed("kill", "-HUP", Long.toString(send.process().pid()));
            await().atMost(LIMIT).until(() -> send.log().contains("routes: read anew, locals 1, virtualdomains 3"));
            TestingPrograms.succeed(
                    "kill", "-ALRM", Long.toString(send.process().pid()));
            await().atMost(LIMIT).until(() -> send.log().contains(" to remote joe@" + TestingSite.ME));

            // A file that cannot be read changes nothing, and the log names it.
            Files.delete(site.control().resolve("virtualdomains"));
            Files.createDirectory(site.control().resolve("virtualdomains"));
            TestingPrograms.succeed("kill", "-HUP", Long.toString(send.process().pid()));
            await().atMost(LIMIT)
                    .until(() -> send.log()
                            .contains("alert: unable to reread controls: "
                                    + site.control().resolve("virtualdomains")
                                    + ": is a directory; the routes stay as they were"));
            inject(site, "six", "z@sub.person.example");
            await().atMost(LIMIT).until(() -> isIn(ann, "six"));
        }
    }

    /** The delivery to this address has begun and was deferred. */
    private static boolean hasTried(TestingSite.Server send, String recipient) throws IOException {
        Matcher started = Pattern.compile(
                        "starting delivery (\\d+): msg \\d+ to local " + Pattern.quote(recipient) + "\n")
                .matcher(send.log());
        return started.find() && send.log().contains("delivery " + started.group(1) + ": deferral: ");
    }

    private static boolean isIn(Path home, String subject) throws IOException {
        try (Stream<Path> messages = Files.list(home.resolve("Maildir/new"))) {
            for (Path message : messages.toList()) {
                if (Files.readString(message).contains("Subject: " + subject + "\n")) {
                    return true;
                }
            }
        }
        return false;
    }

    private static void inject(TestingSite site, String subject) throws IOException {
        inject(site, subject, TestingSite.FOREIGN);
    }

    private static void inject(TestingSite site, String subject, String recipient) throws IOException {
        TestingPrograms.Outcome outcome = site.run(
                "Subject: " + subject + "\n\nx\n", TestingSite.link("sendmail"), "-fjoe@here.example", recipient);
        assertThat(outcome).isEqualTo(new TestingPrograms.Outcome(0, ""));
    }

    private static boolean arrived(TestingSmtpServer server, String subject) {
        return server.sessions().stream()
                .anyMatch(session -> session.contains("Subject: " + subject + "\r\n") && session.contains(".\r\n"));
    }

    @Test
    void hupMakesServeReadItsRoutesAnew() throws IOException {
        Path toml = directory.resolve("postern.toml");
        Path users = Files.writeString(directory.resolve("users"), "");
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
        try (TestingSmtpServer before = TestingSmtpServer.answering(NOT_NOW);
                TestingSmtpServer after = TestingSmtpServer.answering(Map.of())) {
            Files.writeString(toml, settings("host = \"127.0.0.1\"\nport = " + before.port()));
            Path home = Files.createDirectory(directory.resolve("home"));
            try (TestingServe serve = TestingServe.start(List.of(), home, "--config", toml.toString())) {
                send(serve, "one");
                serve.awaitLog("deferral: ");

                Files.writeString(
                        toml, settings("host = \"127.0.0.1\"\nsender = \"scan@here.example\"\nport = " + after.port()));
                serve.signal("HUP");
                serve.awaitLog("routes: read anew, 1 of them");
                await().atMost(LIMIT).until(() -> arrived(after, "one"));
                send(serve, "two");
                await().atMost(LIMIT).until(() -> arrived(after, "two"));
                assertThat(after.sessions()).allMatch(s -> s.contains("MAIL FROM:<scan@here.example>\r\n"));

                Files.writeString(toml, settings("host = \"127.0.0.1\"\ntsl = \"verify\"\nport = " + before.port()));
                serve.signal("HUP");
                serve.awaitLog(
                        "alert: settings not changed: " + toml + ":9: send.route.tsl: is a text, an unknown setting");
                send(serve, "three");
                await().atMost(LIMIT).until(() -> arrived(after, "three"));
                assertThat(before.sessions()).hasSize(1);

                // A connection that rests is ended with a word.
                serve.signal("TERM");
                assertThat(serve.exit()).isZero();
                assertThat(after.sessions()).allMatch(s -> s.getLast().equals("QUIT\r\n"));
            }
        }
    }

    private String settings(String route) {
        return """
                me = "here.example"
                home = "%s"
                pop3d.listen = "127.0.0.1:0"
                smtpd.listen = "127.0.0.1:0"
                smtpd.rcpthosts = ["elsewhere.example"]
                users.file = "%s"
                [[send.route]]
                """.formatted(directory.resolve("state"), directory.resolve("users")) + route + "\n";
    }

    private static void send(TestingServe serve, String subject) throws IOException {
        try (TestingClient smtp = new TestingClient("127.0.0.7", "127.0.0.1", serve.port("smtp", 0))) {
            smtp.say("HELO client.example");
            smtp.say("MAIL FROM:<joe@here.example>");
            smtp.say("RCPT TO:<" + TestingSite.FOREIGN + ">");
            smtp.say("DATA");
            smtp.send("Subject: " + subject + "\r\n\r\nx\r\n");
            assertThat(smtp.say(".")).startsWith("250 ");
        }
    }
}
