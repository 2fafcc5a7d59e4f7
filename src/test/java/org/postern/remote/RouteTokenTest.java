package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.RemoteSettings;
import org.postern.config.RouteLogin;
import org.postern.config.Secret;
import org.postern.config.SmtpRoute;
import org.postern.config.TlsPolicy;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DeliveryResult.Deferred;
import org.postern.mail.DeliveryResult.Delivered;
import org.postern.mail.TestingMessage;
import org.postern.os.Octets;

/** XOAUTH2 from the token endpoint to the host, both over TLS. */
class RouteTokenTest {
    private static final Duration LIMIT = Duration.ofSeconds(1);

    @TempDir
    static Path shared;

    private static TestingCertificates certificates;

    @TempDir
    Path dir;

    private final Set<String> good = ConcurrentHashMap.newKeySet();
    private final List<String> tried = new CopyOnWriteArrayList<>();
    private final List<String> alerts = new CopyOnWriteArrayList<>();
    private Instant now = Instant.parse("2026-11-24T12:00:00Z");
    private TestingTokenEndpoint endpoint;
    private TestingSmtpServer server;

    @BeforeAll
    static void certificates() throws IOException {
        certificates = TestingCertificates.in(shared);
    }

    @BeforeEach
    void start() throws IOException {
        endpoint = new TestingTokenEndpoint(certificates.server("good"));
        server = TestingSmtpServer.scripted(this::script, certificates.server("good"));
    }

    @AfterEach
    void stop() throws IOException {
        endpoint.close();
        server.close();
    }

    /** A host that takes the good tokens; to others it says why in a challenge, and then 535. */
    private UnaryOperator<String> script() {
        return line -> {
            if (line.startsWith("EHLO")) {
                return "250-mx.test\r\n250-STARTTLS\r\n250 AUTH LOGIN XOAUTH2\r\n";
            }
            if (line.startsWith("AUTH XOAUTH2 ")) {
                String token = Octets.of(Base64.getDecoder().decode(line.substring("AUTH XOAUTH2 ".length())))
                        .replaceFirst("^user=joe\u0001auth=Bearer ", "")
                        .replaceFirst("\u0001\u0001$", "");
                tried.add(token);
                return good.contains(token) ? "235 2.7.0 ok\r\n" : "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n";
            }
            return line.equals("STARTTLS") ? "220 go\r\n" : line.isEmpty() ? "535 5.7.8 expired\r\n" : null;
        };
    }

    private Path secret(String name, String content) throws IOException {
        Path file = Files.writeString(dir.resolve(name), content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private RouteLogin.Token client(URI uri) throws IOException {
        return new RouteLogin.Token(
                "joe",
                uri,
                "app 1",
                Optional.of(new Secret.InFile(secret("secret", "s&cret\n"))),
                Optional.empty(),
                "https://mail/.default",
                Optional.of(certificates.ca()));
    }

    private RemoteDeliverer deliverer(RouteLogin.Token login) {
        TlsPolicy verify = new TlsPolicy(TlsPolicy.Level.VERIFY, false, "mx.test", Optional.of(certificates.ca()));
        SmtpRoute route = new SmtpRoute("", "127.0.0.1", server.port(), verify, Optional.of(login), "");
        RemoteSettings settings = RemoteSettings.of("me.example", List.of(route));
        return new RemoteDeliverer(
                () -> settings, new TestingRemote(), _ -> false, new Random(1), () -> now, alerts::add, LIMIT, null);
    }

    private static DeliveryResult send(RemoteDeliverer deliverer) {
        return deliverer.deliver(new Delivery("1", "a@b.test", "x@sink.test", new TestingMessage("Subject: t\n\nx\n")));
    }

    @Test
    void oneTokenServesUntilTwoMinutesBeforeItsEnd() throws IOException {
        good.addAll(Set.of("first", "second"));
        endpoint.gives("first", 600);
        try (RemoteDeliverer deliverer = deliverer(client(endpoint.uri()))) {
            DeliveryResult result = send(deliverer);
            assertThat(result).isInstanceOf(Delivered.class);
            assertThat(result.report()).contains("\nTLS: TLSv1.3 ");
            endpoint.gives("second", 600);
            now = now.plusSeconds(479);
            assertThat(send(deliverer)).isInstanceOf(Delivered.class);
            assertThat(endpoint.requests())
                    .containsExactly("grant_type=client_credentials&client_id=app+1&client_secret=s%26cret"
                            + "&scope=https%3A%2F%2Fmail%2F.default");
        }
        try (RemoteDeliverer deliverer = deliverer(client(endpoint.uri()))) {
            assertThat(send(deliverer)).isInstanceOf(Delivered.class);
            endpoint.gives("first", 600);
            now = now.plusSeconds(480);
            // The first session is over, or its login would still hold.
            assertThat(send(deliverer)).isInstanceOf(Delivered.class);
            assertThat(tried).endsWith("second", "first");
        }
    }

    @Test
    void aRefusedTokenIsFetchedAnewOnce() throws IOException {
        good.add("second");
        endpoint.gives("first", 3600);
        RemoteDeliverer deliverer = deliverer(client(endpoint.uri()));
        DeliveryResult refused = send(deliverer);
        assertThat(refused)
                .isEqualTo(new Deferred(
                        "Connected to 127.0.0.1 but login as joe failed.\n" + "Remote host said: 535 5.7.8 expired\n"));
        assertThat(tried).containsExactly("first", "first");
        assertThat(endpoint.requests()).hasSize(2);
        assertThat(alerts).singleElement().asString().contains("unable to log in");

        now = now.plusSeconds(61);
        endpoint.gives("second", 3600);
        assertThat(send(deliverer)).isInstanceOf(Delivered.class);
        assertThat(tried).containsExactly("first", "first", "first", "second");
        assertThat(alerts).hasSize(2).last().asString().contains("logged in again");
    }

    @Test
    void aRefreshTokenThatIsReplacedIsWrittenDown() throws IOException {
        good.add("first");
        Path refresh = secret("refresh", "r1\n");
        RouteLogin.Token login = new RouteLogin.Token(
                "joe",
                endpoint.uri(),
                "app",
                Optional.empty(),
                Optional.of(refresh),
                "",
                Optional.of(certificates.ca()));
        endpoint.answers(200, "{\"access_token\": \"first\", \"refresh_token\": \"r2\"}");
        assertThat(send(deliverer(login))).isInstanceOf(Delivered.class);
        assertThat(send(deliverer(login))).isInstanceOf(Delivered.class);
        assertThat(endpoint.requests())
                .containsExactly(
                        "grant_type=refresh_token&refresh_token=r1&client_id=app",
                        "grant_type=refresh_token&refresh_token=r2&client_id=app");
        assertThat(refresh).hasContent("r2");
        assertThat(Files.getPosixFilePermissions(refresh)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void anEndpointThatRefusesOrAnswersNonsenseDefersWithTheReason() throws IOException {
        String uri = endpoint.uri().toString();
        endpoint.answers(400, "{\"error\": \"invalid_client\", \"error_description\": \"secret\\nexpired\"}");
        assertThat(noToken(endpoint.uri())).isEqualTo(uri + " answered 400: invalid_client secret expired");
        endpoint.answers(503, "<html>");
        assertThat(noToken(endpoint.uri())).isEqualTo(uri + " answered 503");
        endpoint.answers(200, "<html>");
        assertThat(noToken(endpoint.uri())).isEqualTo(uri + " answered with no JSON object");
        endpoint.answers(200, "[1]");
        assertThat(noToken(endpoint.uri())).isEqualTo(uri + " answered with no JSON object");
        endpoint.answers(200, "{\"access_token\": \"a\", \"b\": ");
        assertThat(noToken(endpoint.uri())).isEqualTo(uri + " answered with no JSON object");
        endpoint.answers(200, "{\"access_token\": \"two words\"}");
        assertThat(noToken(endpoint.uri())).isEqualTo(uri + " gave no access_token");
        endpoint.answers(200, "");
        assertThat(noToken(endpoint.uri())).isEqualTo(uri + " answered with no JSON object");
        endpoint.answers(302, "");
        assertThat(noToken(endpoint.uri())).isEqualTo(uri + " answered 302");
        endpoint.answers(200, "{\"x\": \"" + "y".repeat(100_000) + "\"}");
        assertThat(noToken(endpoint.uri())).startsWith(uri + " cannot be used: ");
    }

    @Test
    void anEndpointThatIsDownOrSlowDefersWithTheReason() throws IOException {
        String uri = endpoint.uri().toString();
        for (String slow : List.of(TestingTokenEndpoint.SILENCE, TestingTokenEndpoint.NO_BODY)) {
            endpoint.answers(200, slow);
            long start = System.nanoTime();
            assertThat(noToken(endpoint.uri())).isEqualTo(uri + " did not answer within 1 seconds");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(LIMIT, LIMIT.plusSeconds(5));
        }
        try (ServerSocket never = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            URI mute = URI.create("https://127.0.0.1:" + never.getLocalPort() + "/token");
            assertThat(noToken(mute)).isEqualTo(mute + " did not answer within 1 seconds");
            never.close();
            assertThat(noToken(mute)).isEqualTo(mute + " cannot be used: no connection");
        }
    }

    @Test
    void anEndpointWithAWrongCertificateGetsNoSecret() throws IOException {
        try (TestingTokenEndpoint wrong = new TestingTokenEndpoint(certificates.server("wrong"));
                TestingTokenEndpoint self = new TestingTokenEndpoint(certificates.server("self"))) {
            assertThat(noToken(wrong.uri())).contains(" cannot be used: ", "127.0.0.1");
            assertThat(noToken(self.uri())).contains(" cannot be used: ", "certification path");
            assertThat(wrong.requests()).isEmpty();
            assertThat(self.requests()).isEmpty();
        }
    }

    /** Why there was none: the message is deferred, and nothing of it is sent. */
    private String noToken(URI uri) throws IOException {
        DeliveryResult result = send(deliverer(client(uri)));
        assertThat(result).isInstanceOf(Deferred.class);
        String before = "Connected to 127.0.0.1 but login as joe failed.\nThere is no token: ";
        String after = " (#4.7.0)\n";
        assertThat(result.report()).startsWith(before).endsWith(after).doesNotContain("s&cret");
        return result.report().substring(before.length(), result.report().length() - after.length());
    }

    @Test
    void manyMessagesDoNotWaitForASlowEndpointOneAfterTheOther() throws Exception {
        endpoint.answers(200, TestingTokenEndpoint.SILENCE);
        RemoteDeliverer deliverer = deliverer(client(endpoint.uri()));
        long start = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        List<DeliveryResult> results = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 20; i++) {
            threads.add(Thread.startVirtualThread(() -> results.add(send(deliverer))));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(results).hasSize(20).allMatch(Deferred.class::isInstance);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LIMIT.multipliedBy(8));
        assertThat(endpoint.requests().size()).isLessThan(8);
        assertThat(alerts).hasSize(1);
    }
}
