package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.remote.TestingCertificates;
import org.postern.remote.TestingHop;

/**
 * Delivery status notifications with others: msmtp and Python's smtplib ask for them, Debian's Postfix offers DSN, its
 * smtp-sink -e does not, and Python's email package reads the notices. Joe of local.example is the sender.
 */
class DsnInteropIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int NOBODY = 65534;

    /** Reads a notice as a program would; prints kind of part, then the fields, a line each. */
    private static final String READ = """
            import email, email.policy, sys
            m = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
            def check(part):
                assert not part.defects, part.defects
                for child in part.iter_parts() if part.is_multipart() else []:
                    check(child)
            check(m)
            assert m.get_content_type() == "multipart/report", m.get_content_type()
            assert m["Content-Type"].params["report-type"] == "delivery-status"
            assert m["Return-Path"] in ("<>", "<#@[]>"), m["Return-Path"]
            words, status, returned = m.iter_parts()
            print(m["Subject"], words.get_content_type(), status.get_content_type(), returned.get_content_type())
            for block in status.get_payload():
                for name, value in block.items():
                    print(name + ": " + value)
            """;

    private static final String ASK = """
            import smtplib, sys
            smtp = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "client.example", timeout=30)
            smtp.ehlo()
            assert smtp.has_extn("dsn")
            smtp.sendmail(sys.argv[2], [sys.argv[3]], "Subject: by smtplib\\r\\n\\r\\nx\\r\\n",
                ["RET=HDRS", "ENVID=" + sys.argv[4]], ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;first+40local.example"])
            smtp.quit()
            """;

    @TempDir
    static Path directory;

    private static TestingHop postfix;
    private static TestingSink sink;
    private static TestingServe serve;

    @BeforeAll
    static void start() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        postfix = TestingHop.start("postfix", directory.resolve("postfix"), TestingCertificates.in(directory), "good");
        sink = TestingSink.start(directory.resolve("sink"), "-e"); // HELO alone
        postfix.awaitReady();
        sink.awaitReady();
        TestingPrograms.succeed("./postern", "version");
        Path home = Files.createDirectory(directory.resolve("home"));
        String config = Files.writeString(directory.resolve("postern.toml"), """
                        me = "local.example"
                        home = "%s"
                        [pop3d]
                        listen = "127.0.0.1:0"
                        [smtpd]
                        listen = "127.0.0.1:0"
                        rcpthosts = ["local.example", "sink.test", "plain.test"]
                        [users]
                        file = "%s"
                        [send]
                        smtproutes = ["sink.test:127.0.0.1:%d", "plain.test:127.0.0.1:%d"]
                        """.formatted(
                                directory.resolve("state"), users(), postfix.port(), sink.port()))
                .toString();
        serve = TestingServe.start(List.of(), home, "--config", config);
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    private static Path users() throws IOException {
        Path joe = Files.createDirectory(directory.resolve("joe"));
        for (String sub : List.of("Maildir", "Maildir/tmp", "Maildir/new", "Maildir/cur")) {
            Files.createDirectory(joe.resolve(sub));
        }
        boolean root = isRoot();
        String owner = root ? NOBODY + ":" + NOBODY : ":";
        if (root) {
            TestingPrograms.succeed("chown", "-R", owner, joe.toString());
        }
        Path users = Files.writeString(directory.resolve("users"), "joe:{PLAIN}secret:" + owner + "::" + joe + ":\n");
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
        return users;
    }

    @AfterAll
    static void end() throws IOException {
        serve.close();
        sink.close();
        postfix.close();
    }

    /** The notice in Joe's Maildir that holds this, as Python reads it. */
    private static String notice(String part) throws IOException {
        Path file = await(part)
                .atMost(LIMIT)
                .until(() -> find(part), Optional::isPresent)
                .orElseThrow();
        return TestingPrograms.succeed("python3", "-c", READ, file.toString());
    }

    private static Optional<Path> find(String part) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("joe/Maildir/new"))) {
            for (Path file : files.toList()) {
                if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(part)) {
                    return Optional.of(file);
                }
            }
        }
        return Optional.empty();
    }

    private static int port() throws IOException {
        return serve.port("smtp", 0);
    }

    private static void ask(String sender, String recipient, String envid) throws IOException {
        TestingPrograms.succeed("python3", "-c", ASK, Integer.toString(port()), sender, recipient, envid);
    }

    /** Postfix takes over: it tells Joe itself, by the names he gave. */
    @Test
    void aHostThatOffersDsnTellsTheSenderItself() throws IOException {
        ask("back@sink.test", "x@sink.test", "on+20it");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(postfix.messages())
                        .anySatisfy(message -> assertThat(message)
                                .contains(
                                        "\nOriginal-Envelope-Id: on it\n",
                                        "\nOriginal-Recipient: rfc822;first@local.example\n")
                                .contains("\nAction: delivered\n", "\nReporting-MTA: dns; mx.test\n")));
        assertThat(postfix.messages()).noneMatch(message -> message.contains("Subject: success notice"));
    }

    @Test
    void ofAHostWithoutDsnWeTellThatItWasRelayed() throws IOException {
        ask("joe@local.example", "x@plain.test", "py+20thon");
        assertThat(notice("py thon\nReporting-MTA"))
                .startsWith("success notice text/plain message/delivery-status text/rfc822-headers\n"
                        + "Original-Envelope-Id: py thon\nReporting-MTA: dns; local.example\nArrival-Date: ")
                .contains("\nOriginal-Recipient: rfc822; first@local.example\nFinal-Recipient: rfc822; x@plain.test\n"
                        + "Action: relayed\nStatus: 2.0.0\nRemote-MTA: dns; [127.0.0.1]\nDiagnostic-Code: smtp; 250 2.0.0 Ok\n"
                        + "Last-Attempt-Date: ");
    }

    private static void msmtp(String recipient, String notify) throws IOException {
        TestingPrograms.Outcome outcome = TestingPrograms.run(
                new ProcessBuilder(
                        "msmtp",
                        "--file=/dev/null",
                        "--host=127.0.0.1",
                        "--port=" + port(),
                        "--tls=off",
                        "--from=joe@local.example",
                        "--dsn-notify=" + notify,
                        "--dsn-return=headers",
                        recipient),
                "Subject: by msmtp\n\nsecret\n");
        assertThat(outcome.exit()).as(outcome.output()).isZero();
    }

    @Test
    void msmtpHearsOfALocalDelivery() throws IOException {
        msmtp("joe@local.example", "success");
        assertThat(notice("Action: delivered\n"))
                .startsWith("success notice ")
                .contains("\nFinal-Recipient: rfc822; joe@local.example\nAction: delivered\nStatus: 2.0.0\n");
    }

    @Test
    void msmtpGetsTheHeaderAloneBack() throws IOException {
        msmtp("msmtp-nosuch@local.example", "failure");
        String part = "Final-Recipient: rfc822; msmtp-nosuch@local.example";
        assertThat(notice(part))
                .startsWith("failure notice text/plain message/delivery-status text/rfc822-headers\n")
                .contains(part + "\nAction: failed\nStatus: 5.1.1\n");
        assertThat(find(part).orElseThrow())
                .content(StandardCharsets.ISO_8859_1)
                .doesNotContain("secret");
    }

    /** What is asked last is answered last: had the first been told, its notice would be there. */
    @Test
    void neverIsNever() throws IOException {
        try (TestingClient client = new TestingClient("127.0.0.9", "127.0.0.1", port())) {
            client.say("EHLO client.example");
            for (String[] each : new String[][] {{"silent", "NEVER"}, {"told", "FAILURE"}}) {
                client.say("MAIL FROM:<joe@local.example> ENVID=" + each[0]);
                assertThat(client.say("RCPT TO:<" + each[0] + "-nosuch@local.example> NOTIFY=" + each[1]))
                        .startsWith("250 ");
                client.say("DATA");
                assertThat(client.say("Subject: t\r\n\r\nx\r\n.")).startsWith("250 ");
            }
        }
        assertThat(notice("Original-Envelope-Id: told")).startsWith("failure notice ");
        assertThat(find("silent")).isEmpty();
    }
}
