package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;
import org.postern.config.TestingCertificates;
import org.postern.config.TlsFiles;

/** {@code postern reload} and HUP, while sessions are open. */
class ReloadIT {
    private static final int NOBODY = 65534;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Path toml;

    @BeforeEach
    void site() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        TestingPrograms.succeed("./postern", "version");
        toml = directory.resolve("postern.toml");
        account("joe", "secret", directory.resolve("users"));
    }

    private void account(String name, String password, Path users) throws IOException {
        Path home = directory.resolve(name);
        for (String sub : List.of("", "Maildir", "Maildir/tmp", "Maildir/new", "Maildir/cur")) {
            Files.createDirectories(home.resolve(sub));
        }
        String owner = ":";
        if (Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
            owner = NOBODY + ":" + NOBODY;
            TestingPrograms.succeed("chown", "-R", owner, home.toString());
        }
        Files.writeString(users, name + ":{PLAIN}" + password + ":" + owner + "::" + home + ":\n");
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
    }

    private String settings() {
        return """
                me = "old.example"
                home = "%1$s/state"
                [pop3d]
                listen = "127.0.0.1:0"
                [smtpd]
                listen = "127.0.0.1:0"
                rcpthosts = ["old.example"]
                databytes = 2000
                [relay]
                expiry = 60
                [users]
                file = "%1$s/users"
                [send]
                locals = ["old.example"]
                smtproutes = ":127.0.0.1:1"
                """.formatted(directory);
    }

    private TestingServe serve() throws IOException {
        Files.writeString(toml, settings());
        Path home = Files.createDirectories(directory.resolve("home"));
        return TestingServe.start(List.of(), home, "--config", toml.toString());
    }

    private Outcome reload() throws IOException {
        return TestingPrograms.run(new ProcessBuilder("./postern", "reload", "--config", toml.toString()), "");
    }

    @Test
    void settingsAreTakenUpAndOpenSessionsGoOn() throws IOException {
        try (TestingServe serve = serve();
                TestingClient pop = new TestingClient("127.0.0.7", "127.0.0.1", serve.port("pop3", 0));
                TestingClient smtp = new TestingClient("127.0.0.7", "127.0.0.1", serve.port("smtp", 0))) {
            int popPort = serve.port("pop3", 0);
            int smtpPort = serve.port("smtp", 0);
            pop.say("USER joe");
            assertThat(pop.say("PASS secret")).startsWith("+OK");
            smtp.say("HELO client.example");
            smtp.say("MAIL FROM:<a@b.example>");
            assertThat(smtp.say("RCPT TO:<joe@old.example>")).startsWith("250 ");
            assertThat(smtp.say("DATA")).startsWith("354 ");
            smtp.send("Subject: under way\r\n");

            account("ann", "geheim", directory.resolve("others"));
            Files.writeString(
                    directory.resolve("others"),
                    Files.readString(directory.resolve("users")).replace("secret", "other"),
                    StandardOpenOption.APPEND);
            TlsFiles certificate = TestingCertificates.make(directory, "mx", TestingCertificates.EC, "new.example");
            Files.writeString(
                    toml,
                    settings()
                                    .replace("me = \"old", "me = \"new")
                                    .replace(
                                            "rcpthosts = [\"old.example\"]",
                                            "rcpthosts = [\"old.example\", \"new.example\"]")
                                    .replace("databytes = 2000", "databytes = 3000")
                                    .replace("expiry = 60", "expiry = 120")
                                    .replace("/users\"", "/others\"")
                                    .replace(
                                            "locals = [\"old.example\"]", "locals = [\"old.example\", \"new.example\"]")
                                    .replace(":127.0.0.1:1\"", ":127.0.0.1:2\"")
                                    .replace(
                                            "[smtpd]\nlisten = \"127.0.0.1:0\"", "[smtpd]\nlisten = \"127.0.0.1:1025\"")
                            + "[[tls]]\ncertificate = \"" + certificate.certificate() + "\"\nkey = \""
                            + certificate.key() + "\"\n");
            Outcome taken = reload();
            assertThat(taken.exit()).as(taken.output()).isZero();
            assertThat(taken.output())
                    .contains("taken up: me, ")
                    .contains("smtpd.rcpthosts", "smtpd.databytes", "relay.expiry", "users.file", "send.locals")
                    .contains("send.smtproutes", "tls[1]")
                    .contains("needs a restart: smtpd.listen, since listeners are opened at the start");

            // New connections have the new ones.
            try (TestingClient client = new TestingClient("127.0.0.8", "127.0.0.1", smtpPort)) {
                assertThat(client.greeting()).startsWith("220 new.example");
                assertThat(client.sayForAll("EHLO x")).contains("SIZE 3000\n", "STARTTLS\n");
                client.say("MAIL FROM:<a@b.example>");
                assertThat(client.say("RCPT TO:<ann@new.example>")).startsWith("250 ");
                assertThat(client.say("RCPT TO:<z@elsewhere.example>")).endsWith("then send within 2 minutes");
            }
            // With a certificate there is no password in clear any more.
            assertThat(TestingClient.login("127.0.0.8", popPort, "ann", "geheim"))
                    .startsWith("-ERR");

            // The old sessions are not disturbed.
            assertThat(smtp.say("\r\nstill taken\r\n.")).startsWith("250 ");
            assertThat(smtp.say("QUIT")).startsWith("221 2.0.0 old.example");
            assertThat(pop.say("STAT")).startsWith("+OK");
            assertThat(pop.say("QUIT")).startsWith("+OK");

            // And back, by HUP.
            Files.writeString(toml, settings().replace("/users\"", "/others\""));
            serve.signal("HUP");
            await().atMost(LIMIT)
                    .until(() -> TestingClient.login("127.0.0.8", popPort, "ann", "geheim")
                            .startsWith("+OK"));
            assertThat(TestingClient.login("127.0.0.8", popPort, "joe", "secret"))
                    .startsWith("-ERR");
            assertThat(TestingClient.recipient("127.0.0.9", smtpPort, "a@b.example", "ann@new.example"))
                    .startsWith("550 ");
            await().atMost(LIMIT).until(() -> mailsOfJoe() == 1);
        }
    }

    private long mailsOfJoe() throws IOException {
        try (Stream<Path> mails = Files.list(directory.resolve("joe/Maildir/new"))) {
            return mails.count();
        }
    }

    @Test
    void aBrokenFileLeavesAllAsItWasAndSaysEachProblem() throws IOException {
        try (TestingServe serve = serve()) {
            Files.writeString(toml, settings().replace("2000", "-1").replace("expiry", "expiri"));
            Outcome broken = reload();
            assertThat(broken.exit()).isEqualTo(100);
            assertThat(broken.output())
                    .contains(toml + ":8: smtpd.databytes: is -1; give a whole number of at least 0\n")
                    .contains(toml + ":10: relay.expiri: is 60, an unknown setting; did you mean relay.expiry?\n")
                    .endsWith("the settings stay as they were\n");
            serve.awaitLog("alert: settings not changed: " + toml + ":8: smtpd.databytes: is -1");
            // Accounts that cannot be read.
            Files.writeString(toml, settings().replace("2000", "3000").replace("/users\"", "/nobodys\""));
            Outcome without = reload();
            assertThat(without.exit()).isEqualTo(100);
            assertThat(without.output()).contains("users.file: unable to use " + directory + "/nobodys");
            try (TestingClient client = new TestingClient("127.0.0.8", "127.0.0.1", serve.port("smtp", 0))) {
                assertThat(client.sayForAll("EHLO x")).contains("SIZE 2000\n");
            }
            assertThat(TestingClient.login("127.0.0.8", serve.port("pop3", 0), "joe", "secret"))
                    .startsWith("+OK");
        }
    }

    @Test
    void withoutAServeThatRunsItSaysSo() throws IOException {
        Files.writeString(toml, settings());
        Outcome none = reload();
        assertThat(none.exit()).isEqualTo(111);
        assertThat(none.output()).contains("no postern serve runs with the state directory " + directory + "/state");
    }
}
