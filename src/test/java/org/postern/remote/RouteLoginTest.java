package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.RemoteSettings;
import org.postern.config.RouteLogin;
import org.postern.config.Secret;
import org.postern.config.SmtpRoute;
import org.postern.config.TlsPolicy;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DeliveryResult.Bounced;
import org.postern.mail.DeliveryResult.Deferred;
import org.postern.mail.DeliveryResult.Delivered;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Provenance;
import org.postern.mail.TestingMessage;

class RouteLoginTest {
    private static final TestingMessage MESSAGE = new TestingMessage("Subject: t\n\nbody\n");

    @TempDir
    Path dir;

    private final List<String> alerts = new ArrayList<>();

    private RemoteDeliverer deliverer(int port, TlsPolicy tls, boolean inClear) throws IOException {
        Path password = Files.writeString(dir.resolve("password"), "geheim\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        RouteLogin login = new RouteLogin.Password("joe", new Secret.InFile(password), Optional.empty(), inClear);
        SmtpRoute route = new SmtpRoute("", "127.0.0.1", port, tls, Optional.of(login), "scanner@example.com");
        RemoteSettings settings = RemoteSettings.of("me.example", List.of(route));
        return new RemoteDeliverer(
                () -> settings, new TestingRemote(), a -> false, new Random(1), InstantSource.system(), alerts::add);
    }

    private RemoteDeliverer deliverer(int port, String user, String password, RouteLogin.Mechanism mechanism)
            throws IOException {
        Path file = Files.writeString(dir.resolve(mechanism.name()), password + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        RouteLogin login = new RouteLogin.Password(user, new Secret.InFile(file), Optional.of(mechanism), true);
        return TestingRemote.deliverer(RemoteSettings.of(
                "me.example", List.of(new SmtpRoute("", "127.0.0.1", port, TlsPolicy.MAY, Optional.of(login), ""))));
    }

    /** What is said from the greeting to the first MAIL, by a host with these answers to whole lines. */
    private String login(String user, String password, RouteLogin.Mechanism mechanism, Map<String, String> answers)
            throws IOException {
        try (TestingSmtpServer server = TestingSmtpServer.scripted(
                () -> line ->
                        line.startsWith("EHLO") ? "250-s\r\n250 AUTH=LOGIN CRAM-MD5 PLAIN\r\n" : answers.get(line),
                SSLContext.getDefault())) {
            DeliveryResult result = send(deliverer(server.port(), user, password, mechanism), "a@b");
            String said = server.commands().replaceFirst("(?s)MAIL.*|QUIT.*", "");
            return said + (result instanceof Delivered ? "" : result.report().replaceFirst("(?s).*said: ", ""));
        } catch (NoSuchAlgorithmException e) {
            throw new IOException(e);
        }
    }

    /** The example of RFC 2195 §2. */
    @Test
    void cramMd5AnswersTheChallenge() throws IOException {
        String challenge = "334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n";
        String answer = "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw";
        assertThat(login(
                        "tim",
                        "tanstaaftanstaaf",
                        RouteLogin.Mechanism.CRAM_MD5,
                        Map.of("AUTH CRAM-MD5", challenge, answer, "235 ok\r\n")))
                .isEqualTo("AUTH CRAM-MD5\r\n" + answer + "\r\n");
        assertThat(login(
                        "tim",
                        "x",
                        RouteLogin.Mechanism.CRAM_MD5,
                        Map.of("AUTH CRAM-MD5", "334 no base64!\r\n", "*", "501 cancelled\r\n")))
                .isEqualTo("AUTH CRAM-MD5\r\n*\r\n501 cancelled\n");
    }

    @Test
    void loginGivesUserAndPasswordOnDemand() throws IOException {
        Map<String, String> asks = Map.of(
                "AUTH LOGIN", "334 VXNlcm5hbWU6\r\n",
                "dMOpbQ==", "334 UGFzc3dvcmQ6\r\n",
                "Z2VoZWlt", "235 ok\r\n");
        assertThat(login("t\u00c3\u00a9m", "geheim", RouteLogin.Mechanism.LOGIN, asks))
                .isEqualTo("AUTH LOGIN\r\ndMOpbQ==\r\nZ2VoZWlt\r\n");
        // A host that does not know the user need not be told the password.
        assertThat(login(
                        "tim",
                        "geheim",
                        RouteLogin.Mechanism.LOGIN,
                        Map.of("AUTH LOGIN", "334 VXNlcm5hbWU6\r\n", "dGlt", "535 who?\r\n")))
                .isEqualTo("AUTH LOGIN\r\ndGlt\r\n535 who?\n");
    }

    @Test
    void aHostThatAsksForPlainIsTold() throws IOException {
        assertThat(login(
                        "tim",
                        "x",
                        RouteLogin.Mechanism.PLAIN,
                        Map.of("AUTH PLAIN AHRpbQB4", "334 \r\n", "AHRpbQB4", "235 ok\r\n")))
                .isEqualTo("AUTH PLAIN AHRpbQB4\r\nAHRpbQB4\r\n");
    }

    /** RFC 3207 §5: what somebody put behind the answer in clear is not read as the host's. */
    @Test
    void whatIsPutBehindTheAnswerToStartTlsEndsTheSession() throws IOException {
        Map<String, String> answers =
                Map.of("EHLO", "250-s\r\n250 STARTTLS\r\n", "STARTTLS", "220 go\r\n250-s\r\n250 AUTH PLAIN\r\n");
        try (TestingSmtpServer server = TestingSmtpServer.answering(answers)) {
            assertThat(send(deliverer(server.port(), TlsPolicy.MAY, true), "a@b"))
                    .isEqualTo(new Deferred("Connected to 127.0.0.1 but connection died. (#4.4.2)\n"));
            assertThat(server.commands()).isEqualTo("STARTTLS\r\n");
        }
    }

    @Test
    void aHostThatHangsUpWithItsRefusalHasRefused() throws IOException {
        assertThat(login(
                        "tim",
                        "x",
                        RouteLogin.Mechanism.PLAIN,
                        Map.of("AUTH PLAIN AHRpbQB4", "535 never\r\n", "QUIT", "<close>")))
                .endsWith("535 never\n");
    }

    private static DeliveryResult send(RemoteDeliverer deliverer, String sender) {
        return deliverer.deliver(new Delivery("1", sender, "x@sink.test", MESSAGE));
    }

    @Test
    void plainGoesInClearOnlyWhereTheRouteSaysSo() throws IOException {
        Map<String, String> answers = Map.of("EHLO", "250-s\r\n250 AUTH PLAIN LOGIN\r\n", "AUTH", "235 ok\r\n");
        try (TestingSmtpServer server = TestingSmtpServer.answering(answers)) {
            assertThat(send(deliverer(server.port(), TlsPolicy.MAY, true), "a@b"))
                    .isInstanceOf(Delivered.class);
            assertThat(server.commands())
                    .startsWith("AUTH PLAIN AGpvZQBnZWhlaW0=\r\nMAIL FROM:<scanner@example.com>\r\n");
            assertThat(send(deliverer(server.port(), TlsPolicy.MAY, true), "")).isInstanceOf(Delivered.class);
            assertThat(server.sessions().get(1)).contains("MAIL FROM:<>\r\n");
            assertThat(send(deliverer(server.port(), TlsPolicy.MAY, false), "a@b"))
                    .isInstanceOf(Deferred.class);
            assertThat(server.sessions().get(2)).noneMatch(line -> line.startsWith("AUTH"));
        }
    }

    @Test
    void aLoginThatFailsIsOneAlertAndIsNotRepeatedForEachMessage() throws IOException {
        Map<String, String> answers = Map.of("EHLO", "250-s\r\n250 AUTH PLAIN\r\n", "AUTH", "535 5.7.8 no\r\n");
        try (TestingSmtpServer server = TestingSmtpServer.answering(answers)) {
            RemoteDeliverer deliverer = deliverer(server.port(), TlsPolicy.MAY, true);
            for (int i = 0; i < 3; i++) {
                assertThat(send(deliverer, "a@b"))
                        .isEqualTo(new Deferred("Connected to 127.0.0.1 but login as joe failed.\n"
                                + "Remote host said: 535 5.7.8 no\n"));
            }
            assertThat(server.sessions()).hasSize(1);
            // An administrator's retry asks the route once, whatever the number of messages.
            Instant asked = Instant.now().plusNanos(1);
            for (int i = 0; i < 3; i++) {
                deliverer.deliver(new Delivery(
                        "1",
                        "a@b",
                        "x@sink.test",
                        MESSAGE,
                        Provenance.STRANGER,
                        DsnMail.NONE,
                        DsnRcpt.NONE,
                        false,
                        asked));
            }
            assertThat(server.sessions()).hasSize(2);
            assertThat(alerts).singleElement().asString().contains("as joe: unable to log in", "535 5.7.8 no");
        }
    }

    /** A file that was in order at the start may be opened to others afterwards. */
    @Test
    void aPasswordThatOthersCanReadIsNotUsed() throws IOException {
        Map<String, String> answers = Map.of("EHLO", "250-s\r\n250 AUTH PLAIN\r\n", "AUTH", "235 ok\r\n");
        try (TestingSmtpServer server = TestingSmtpServer.answering(answers)) {
            RemoteDeliverer deliverer = deliverer(server.port(), TlsPolicy.MAY, true);
            Files.setPosixFilePermissions(dir.resolve("password"), PosixFilePermissions.fromString("rw-r--r--"));
            DeliveryResult result = send(deliverer, "a@b");
            assertThat(result).isInstanceOf(Deferred.class);
            assertThat(result.report()).contains("others can read or change it: chmod 600 it");
            assertThat(server.commands()).doesNotContain("AUTH", "MAIL");
        }
    }

    @Test
    void whereTlsIsDemandedNothingGoesWithoutIt() throws IOException {
        TlsPolicy encrypt = new TlsPolicy(TlsPolicy.Level.ENCRYPT, false, "", Optional.empty());
        for (String ehlo : List.of("250-s\r\n250 AUTH PLAIN\r\n", "250-s\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n")) {
            try (TestingSmtpServer server =
                    TestingSmtpServer.answering(Map.of("EHLO", ehlo, "STARTTLS", "454 not now\r\n"))) {
                assertThat(send(deliverer(server.port(), encrypt, true), "a@b")).isInstanceOf(Deferred.class);
                assertThat(server.commands()).doesNotContain("AUTH").doesNotContain("MAIL");
            }
        }
    }

    @Test
    void pipelinedCommandsAndASizeThatIsTooLarge() throws IOException {
        try (TestingSmtpServer server =
                TestingSmtpServer.answering(Map.of("EHLO", "250-s\r\n250-PIPELINING\r\n250 SIZE 5\r\n"))) {
            SmtpRoute route = new SmtpRoute("", "127.0.0.1", server.port());
            RemoteDeliverer deliverer = TestingRemote.deliverer(RemoteSettings.of("me", List.of(route)));
            assertThat(send(deliverer, "a@b")).isInstanceOf(Bounced.class);
            assertThat(server.commands()).doesNotContain("MAIL");
        }
        try (TestingSmtpServer server =
                TestingSmtpServer.answering(Map.of("EHLO", "250-s\r\n250 PIPELINING\r\n", "RCPT", "550 no\r\n"))) {
            SmtpRoute route = new SmtpRoute("", "127.0.0.1", server.port());
            RemoteDeliverer deliverer = TestingRemote.deliverer(RemoteSettings.of("me", List.of(route)));
            assertThat(send(deliverer, "a@b")).isInstanceOf(Bounced.class);
            assertThat(server.commands()).contains("DATA\r\n.\r\n");
        }
    }

    @Test
    void aConnectionServesManyMessages() throws IOException {
        try (TestingSmtpServer server = TestingSmtpServer.answering(Map.of())) {
            SmtpRoute route = new SmtpRoute("", "127.0.0.1", server.port());
            try (RemoteDeliverer deliverer = TestingRemote.deliverer(RemoteSettings.of("me", List.of(route)))) {
                for (int i = 0; i < 6; i++) {
                    assertThat(send(deliverer, "a@b")).isInstanceOf(Delivered.class);
                }
            }
            // The first is ended at once; the second shows that there is more.
            assertThat(server.sessions()).hasSize(2);
        }
    }
}
