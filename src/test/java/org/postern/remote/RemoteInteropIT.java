package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.PosternToml;
import org.postern.config.RemoteSettings;
import org.postern.config.SettingsException;
import org.postern.config.TestingRunner;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DeliveryResult.Bounced;
import org.postern.mail.DeliveryResult.Deferred;
import org.postern.mail.DeliveryResult.Delivered;
import org.postern.mail.TestingMessage;

/** Routes of postern.toml to Debian's Postfix, Exim and OpenSMTPD. */
class RemoteInteropIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String TLS = "\nTLS: TLSv1.3 ";

    @TempDir
    static Path dir;

    private static final Map<String, TestingHop> HOPS = new LinkedHashMap<>();
    private static TestingCertificates certificates;

    @BeforeAll
    static void start() throws IOException {
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        certificates = TestingCertificates.in(dir);
        start("postfix", "postfix", "good");
        start("exim", "exim", "good");
        start("exim-wrong", "exim", "wrong");
        start("exim-self", "exim", "self");
        start("opensmtpd", "opensmtpd", "good");
        for (TestingHop hop : HOPS.values()) {
            hop.awaitReady();
        }
    }

    private static void start(String name, String program, String certificate) throws IOException {
        HOPS.put(name, TestingHop.start(program, dir.resolve(name), certificates, certificate));
    }

    @AfterAll
    static void end() {
        HOPS.values().forEach(TestingHop::close);
    }

    private static TestingHop hop(String name) {
        return HOPS.get(name);
    }

    /** A deliverer with one route. */
    private static RemoteDeliverer route(int port, String... keys) throws IOException {
        Path file = Files.createTempFile(dir, "postern", ".toml");
        Files.writeString(
                file,
                """
                me = "gate.example"
                home = "/h"
                pop3d.listen = "127.0.0.1:110"
                smtpd.listen = "127.0.0.1:25"
                users.file = "/u"
                [[send.route]]
                port = %d
                """.formatted(port)
                        + String.join("\n", keys)
                        + (List.of(keys).toString().contains("host =") ? "" : "\nhost = \"127.0.0.1\"\n"));
        try {
            RemoteSettings settings = RemoteSettings.of(
                    "gate.example",
                    PosternToml.read(file, TestingRunner.ROOT).settings().send().smtproutes());
            TestingRemote dns = new TestingRemote().host("mx.test", "127.0.0.1");
            return new RemoteDeliverer(() -> settings, dns, _ -> false, new Random(1), InstantSource.system(), _ -> {});
        } catch (SettingsException e) {
            throw new IOException(e);
        }
    }

    private static DeliveryResult send(RemoteDeliverer deliverer, String subject, String body) {
        return deliverer.deliver(new Delivery(
                "1", "joe@gate.example", "x@sink.test", new TestingMessage("Subject: " + subject + ".\n\n" + body)));
    }

    private static DeliveryResult send(int port, String... keys) throws IOException {
        try (RemoteDeliverer deliverer = route(port, keys)) {
            return send(deliverer, "tls", "x\n");
        }
    }

    private static String ca() {
        return "ca_file = \"" + certificates.ca() + "\"";
    }

    @Test
    void startTlsAsTheRouteAsks() throws IOException {
        for (String name : List.of("postfix", "exim")) {
            int port = hop(name).port();
            assertDelivered(send(port, "tls = \"none\""), "");
            assertDelivered(send(port), TLS);
            assertDelivered(send(port, "tls = \"encrypt\""), TLS);
            // The certificate has the name, and the address as well.
            assertDelivered(send(port, "tls = \"verify\"", ca(), "host = \"mx.test\""), TLS);
            assertDelivered(send(port, "tls = \"verify\"", ca(), "tls_name = \"mx.test\""), TLS);
            assertDelivered(send(port, "tls = \"verify\"", ca()), TLS);
            assertDeferred(
                    send(port, "tls = \"verify\"", ca(), "tls_name = \"mx.example\""),
                    "certificate not accepted: No subject alternative DNS name matching mx.example found");
            assertDeferred(send(port, "tls = \"verify\""), "unable to find valid certification path");
        }
    }

    @Test
    void tlsFromTheFirstOctetOn() throws IOException {
        for (String name : List.of("postfix", "exim")) {
            int port = hop(name).tlsPort();
            assertDelivered(send(port, "implicit = true"), TLS);
            assertDelivered(send(port, "implicit = true", "tls = \"verify\"", ca(), "host = \"mx.test\""), TLS);
            assertDeferred(
                    send(port, "implicit = true", "tls = \"verify\"", ca(), "tls_name = \"mx.example\""),
                    "No subject alternative DNS name matching mx.example found");
        }
    }

    @Test
    void aCertificateThatIsWrongDefersWhereItIsChecked() throws IOException {
        for (boolean implicit : List.of(false, true)) {
            for (String name : List.of("exim-wrong", "exim-self")) {
                TestingHop hop = hop(name);
                int port = implicit ? hop.tlsPort() : hop.port();
                String how = "implicit = " + implicit;
                assertDelivered(send(port, how, "tls = \"encrypt\""), TLS);
                assertDeferred(
                        send(port, how, "tls = \"verify\"", ca(), "host = \"mx.test\""),
                        name.equals("exim-wrong")
                                ? "certificate not accepted: No subject alternative DNS name matching mx.test found"
                                : "certification path");
            }
        }
        // A certificate that nobody signed can be trusted by itself.
        assertDelivered(
                send(hop("exim-self").port(), "tls = \"verify\"", "ca_file = \"" + dir.resolve("self.pem") + "\""),
                TLS);
        // Nothing has gone to a host whose certificate was not accepted.
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(hop("exim-wrong").messages()).hasSize(2);
            assertThat(hop("exim-self").messages()).hasSize(3);
        });
    }

    /** Debian 12's OpenSMTPD offers STARTTLS and cannot do it: better in clear than not at all, where the route allows. */
    @Test
    void aHostWhoseHandshakeFails() throws IOException {
        int port = hop("opensmtpd").port();
        assertDelivered(send(port), "");
        assertDeferred(send(port, "tls = \"encrypt\""), "Received fatal alert: internal_error");
        assertDeferred(send(hop("opensmtpd").tlsPort(), "implicit = true"), "Received fatal alert: internal_error");
    }

    private static void assertDelivered(DeliveryResult result, String tls) {
        assertThat(result).isInstanceOf(Delivered.class);
        assertThat(result.report()).startsWith("127.0.0.1 accepted message.\nRemote host said: 250 ");
        if (tls.isEmpty()) {
            assertThat(result.report()).doesNotContain("TLS: ");
        } else {
            assertThat(result.report()).contains(tls);
        }
    }

    private static void assertDeferred(DeliveryResult result, String why) {
        assertThat(result).isInstanceOf(Deferred.class);
        assertThat(result.report())
                .startsWith("Connected to 127.0.0.1 but TLS failed: ")
                .contains(why)
                .endsWith(" (#4.7.5)\n");
    }

    /** What goes in, and what has to come out (ADR 32: a CR that ends no line is a blank). */
    private static Map<String, String> odd() {
        Map<String, String> odd = new LinkedHashMap<>();
        for (String same : List.of(
                "",
                "\n",
                "\n\n\n",
                ".\n",
                "..\n.\n...\n.x\nx.\n",
                "x\n.\n\n.\n",
                "From x\nFrom: y\n\nFrom z\n",
                "8 bit \u00e9\u0080\u00ff\n",
                "x".repeat(998) + "\n",
                "x".repeat(999) + "\n" + "." + "y".repeat(60_000) + "\n",
                ("." + "z".repeat(8191) + "\n").repeat(3),
                "nul \0\0 x\n\0\n",
                IntStream.range(1, 256)
                                .filter(c -> c != '\r' && c != '\n')
                                .mapToObj(Character::toString)
                                .collect(Collectors.joining())
                        + "\n",
                " trailing blanks \t \n\tx\n")) {
            odd.put(same, same);
        }
        odd.put("no end", "no end\n");
        odd.put("x\n.", "x\n.\n");
        odd.put("lone\rcr\n", "lone cr\n");
        odd.put("x\r\ry\n\r", "x  y\n\n");
        odd.put("x\r\n.\r\nMAIL FROM:<evil@x>\r\n", "x\n.\nMAIL FROM:<evil@x>\n");
        odd.put("x\n.\r\r\nMAIL FROM:<evil@x>\n", "x\n. \nMAIL FROM:<evil@x>\n");
        odd.put("x\r.\ry\n", "x . y\n");
        return odd;
    }

    @Test
    void oddMessagesArriveOctetForOctet() throws IOException {
        for (String name : List.of("postfix", "exim", "opensmtpd")) {
            Map<String, String> expected = new LinkedHashMap<>();
            try (RemoteDeliverer deliverer = route(hop(name).port())) {
                for (Map.Entry<String, String> message : odd().entrySet()) {
                    String subject = "odd " + expected.size();
                    assertThat(send(deliverer, subject, message.getKey()))
                            .as(name + " " + subject)
                            .isInstanceOf(Delivered.class);
                    expected.put(subject, message.getValue());
                }
            }
            // OpenSMTPD forgets what stands behind a NUL in a line.
            expected.forEach((subject, body) -> assertThat(hop(name).body(subject + "."))
                    .as(name + " " + subject)
                    .isEqualTo(name.equals("opensmtpd") ? body.replaceAll("\0.*", "") : body));
        }
    }

    @Test
    void oneConnectionServesManyMessages() throws IOException {
        TestingHop postfix = hop("postfix");
        Path log = postfix.directory().resolve("log");
        long before = connections(log);
        try (RemoteDeliverer deliverer = route(postfix.port(), "tls = \"verify\"", ca())) {
            for (int i = 0; i < 50; i++) {
                assertDelivered(send(deliverer, "many " + i, i + "\n"), TLS);
            }
        }
        for (int i = 0; i < 50; i++) {
            assertThat(postfix.body("many " + i + ".")).isEqualTo(i + "\n");
        }
        // The first is ended at once; the second shows that there is more.
        assertThat(connections(log) - before).isEqualTo(2);
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(Files.readString(log)).contains(" mail=49 rcpt=49 data=49 quit=1 "));
    }

    private static long connections(Path log) throws IOException {
        return Files.readString(log, StandardCharsets.ISO_8859_1)
                .lines()
                .filter(line -> line.contains(": connect from unknown[127.0.0.1]"))
                .count();
    }

    @Test
    void aMessageAboveTheHostsSizeBounces() throws IOException {
        for (String name : List.of("postfix", "exim", "opensmtpd")) {
            try (RemoteDeliverer deliverer = route(hop(name).port(), "tls = \"none\"")) {
                DeliveryResult result = send(deliverer, "large", ("x".repeat(99) + "\n").repeat(10_000));
                assertThat(result).isInstanceOf(Bounced.class);
                assertThat(result.report())
                        .contains("takes messages of at most 1000000 octets, and this one has 10100")
                        .endsWith("(#5.3.4)\n");
                String body = ("x".repeat(98) + "\n").repeat(9_900);
                assertThat(send(deliverer, "nearly", body)).isInstanceOf(Delivered.class);
                assertThat(hop(name).body("nearly.")).isEqualTo(body);
            }
        }
    }

    @Test
    void passwordsAtExim() throws IOException {
        String good = secret("good", "geheim\n");
        String bad = secret("bad", "falsch\n");
        int port = hop("exim").port();
        assertThat(member(port)).isInstanceOf(Bounced.class);
        for (String auth : List.of("plain", "login", "cram-md5")) {
            String how = "auth = \"" + auth + "\"";
            assertThat(member(port, "user = \"joe\"", good, how, ca())).isInstanceOf(Delivered.class);
            assertThat(member(port, "user = \"joe\"", good, how, "tls = \"none\"", "clear_password = true"))
                    .isInstanceOf(Delivered.class);
            DeliveryResult refused = member(port, "user = \"joe\"", bad, how, ca());
            assertThat(refused).isInstanceOf(Deferred.class);
            assertThat(refused.report())
                    .isEqualTo("Connected to 127.0.0.1 but login as joe failed.\n"
                            + "Remote host said: 535 Incorrect authentication data\n");
        }
        assertThat(member(hop("exim").tlsPort(), "implicit = true", "user = \"joe\"", good, ca()))
                .isInstanceOf(Delivered.class);
    }

    @Test
    void aTokenAtExim() throws IOException {
        Files.writeString(hop("exim").directory().resolve("token"), "t0ken");
        try (TestingTokenEndpoint endpoint = new TestingTokenEndpoint(certificates.server("good"))) {
            String[] keys = {
                "user = \"joe\"",
                "token_url = \"" + endpoint.uri() + "\"",
                "client_id = \"app\"",
                secret("client", "x\n").replace("password_file", "client_secret_file"),
                "token_ca_file = \"" + certificates.ca() + "\"",
                ca()
            };
            endpoint.gives("t0ken", 3600);
            assertThat(member(hop("exim").port(), keys)).isInstanceOf(Delivered.class);
            endpoint.gives("other", 3600);
            assertThat(member(hop("exim").port(), keys).report()).contains("Remote host said: 535 ");
            assertThat(endpoint.requests()).hasSize(3);
        }
    }

    private static String secret(String name, String content) throws IOException {
        Path file = Files.writeString(dir.resolve("secret-" + name), content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return "password_file = \"" + file + "\"";
    }

    /** To one who takes mail only from those who have logged in. */
    private static DeliveryResult member(int port, String... keys) throws IOException {
        try (RemoteDeliverer deliverer = route(port, keys)) {
            return deliverer.deliver(new Delivery(
                    "1", "joe@gate.example", "members@sink.test", new TestingMessage("Subject: member\n\nx\n")));
        }
    }
}
