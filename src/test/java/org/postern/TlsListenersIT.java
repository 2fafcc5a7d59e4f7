package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;
import org.postern.config.TestingCertificates;
import org.postern.config.TlsFiles;

/** {@code postern serve} with a certificate: STLS, POP3S, STARTTLS and SMTPS, by Debian's clients. */
@Timeout(180)
class TlsListenersIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String TEXT = "From: joe@local.example\nSubject: test\n\n.dot\nThe end.\n";

    @TempDir
    private Path directory;

    private TlsFiles certificate;
    private Path home;
    private TestingServe serve;

    @BeforeEach
    void start() throws IOException {
        TestingPrograms.succeed("./postern", "version");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        certificate = TestingCertificates.make(directory, "mx", TestingCertificates.EC, "mx.test");
        home = Files.createDirectory(directory.resolve("joe"));
        for (String sub : List.of("Maildir", "Maildir/tmp", "Maildir/new", "Maildir/cur")) {
            Files.createDirectory(home.resolve(sub));
        }
        Files.writeString(home.resolve("Maildir/new/1.first"), TEXT);
        Path users = Files.writeString(
                directory.resolve("users"), "joe:{PLAIN}secret:" + 65534 + ":" + 65534 + "::" + home + ":\n");
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
        Path settings = Files.writeString(directory.resolve("postern.toml"), """
                me = "mx.test"
                home = "%1$s/state"
                [[tls]]
                certificate = "%2$s"
                key = "%3$s"
                [pop3d]
                listen = "127.0.0.1:0"
                listen_tls = "127.0.0.1:0"
                [smtpd]
                listen = "127.0.0.1:0"
                listen_tls = "127.0.0.1:0"
                rcpthosts = "local.example"
                [users]
                file = "%1$s/users"
                [send]
                locals = "local.example"
                smtproutes = ":127.0.0.1:1"
                """.formatted(
                        directory, certificate.certificate(), certificate.key()));
        TestingPrograms.succeed("chown", "-R", "65534:65534", directory.toString());
        serve = TestingServe.start(
                List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"),
                directory,
                "--config",
                settings.toString());
    }

    @AfterEach
    void stop() throws IOException {
        serve.close();
    }

    private String at(String protocol) throws IOException {
        return "127.0.0.1:" + serve.port(protocol, 0);
    }

    private static Outcome run(String input, String... command) throws IOException {
        return TestingPrograms.run(new ProcessBuilder(command), input);
    }

    private static void succeeded(Outcome outcome) {
        assertThat(outcome.exit()).as(outcome.output()).isZero();
    }

    private List<String> mails() throws IOException {
        try (Stream<Path> files = Files.list(home.resolve("Maildir/new"))) {
            return files.map(f -> {
                        try {
                            return Files.readString(f, StandardCharsets.ISO_8859_1);
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }

    private String delivered(String mark) {
        return await().atMost(LIMIT)
                .until(() -> mails().stream().filter(m -> m.contains(mark)).findFirst(), java.util.Optional::isPresent)
                .orElseThrow();
    }

    @Test
    void curlFetchesAndSendsEachWay() throws IOException {
        for (String url : List.of("pop3://" + at("pop3"), "pop3s://" + at("pop3s"))) {
            Outcome fetched = run("", "curl", "-sS", "-k", "--ssl-reqd", "-u", "joe:secret", url + "/1");
            succeeded(fetched);
            assertThat(fetched.output()).contains("Subject: test").contains("The end.");
        }
        int sent = 0;
        for (String url : List.of("smtp://" + at("smtp"), "smtps://" + at("smtps"))) {
            String mark = "curl " + ++sent;
            succeeded(run(
                    TEXT + mark + "\n",
                    "curl",
                    "-sS",
                    "-k",
                    "--ssl-reqd",
                    "--crlf",
                    "--mail-from",
                    "a@b.example",
                    "--mail-rcpt",
                    "joe@local.example",
                    "-T",
                    "-",
                    url + "/client.example"));
            assertThat(delivered(mark)).containsPattern("by 127\\.0\\.0\\.1 with ESMTPS \\(TLSv1\\.3 TLS_\\w+\\); ");
        }
    }

    @Test
    void otherClientsDoToo() throws IOException {
        Path config = Files.writeString(
                directory.resolve("mpoprc"), """
                account default
                host 127.0.0.1
                port %s
                user joe
                password secret
                auth user
                tls on
                tls_starttls on
                tls_certcheck off
                keep on
                delivery mbox %s/mpop
                uidls_file %s/uidls
                """.formatted(serve.port("pop3", 0), directory, directory));
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-------"));
        succeeded(run("", "mpop", "-C", config.toString()));
        assertThat(directory.resolve("mpop")).content().contains("The end.");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace("tls_starttls on", "tls_starttls off")
                        .replaceFirst("port \\d+", "port " + serve.port("pop3s", 0))
                        .replace("uidls\n", "uidls2\n"));
        succeeded(run("", "mpop", "-C", config.toString()));

        Path fetchmail =
                Files.writeString(directory.resolve("fetchmailrc"), """
                poll 127.0.0.1 protocol POP3 service %s user joe password secret keep sslproto TLS1.2+
                no sslcertck mda "cat >>%s/fetched"
                """.formatted(serve.port("pop3", 0), directory));
        Files.setPosixFilePermissions(fetchmail, PosixFilePermissions.fromString("rw-------"));
        succeeded(run("", "fetchmail", "--nodetach", "--nosyslog", "-v", "-f", fetchmail.toString()));
        assertThat(directory.resolve("fetched")).content().contains("The end.");

        succeeded(run(
                TEXT + "by msmtp\n",
                "msmtp",
                "--host=127.0.0.1",
                "--port=" + serve.port("smtp", 0),
                "--tls=on",
                "--tls-certcheck=off",
                "--from=a@b.example",
                "joe@local.example"));
        assertThat(delivered("by msmtp")).contains(" with ESMTPS (TLSv1.");
        for (String way : List.of("--tls", "--tls-on-connect")) {
            String protocol = way.equals("--tls") ? "smtp" : "smtps";
            Outcome swaks = run(
                    "",
                    "swaks",
                    "--server",
                    "127.0.0.1",
                    "--port",
                    Integer.toString(serve.port(protocol, 0)),
                    way,
                    "--from",
                    "a@b.example",
                    "--to",
                    "joe@local.example",
                    "--body",
                    "by swaks " + way);
            succeeded(swaks);
            assertThat(delivered("by swaks " + way + "\n")).contains(" with ESMTPS (");
        }
    }

    @Test
    void sessionsAreResumedAndOldProtocolsRefused() throws IOException {
        Path session = directory.resolve("session");
        for (String version : List.of("-tls1_2", "-tls1_3")) {
            Outcome first = run(
                    "QUIT\r\n",
                    "openssl",
                    "s_client",
                    "-connect",
                    at("pop3s"),
                    version,
                    "-quiet",
                    "-sess_out",
                    session.toString());
            assertThat(first.output()).contains("+OK ");
            Outcome again = run(
                    "QUIT\r\n",
                    "openssl",
                    "s_client",
                    "-connect",
                    at("pop3s"),
                    version,
                    "-sess_in",
                    session.toString());
            assertThat(again.output()).as(version).contains("Reused, TLSv1.");
        }
        assertThat(run("", "openssl", "s_client", "-connect", at("pop3s"), "-tls1_1")
                        .exit())
                .isNotZero();
        serve.awaitLog(": TLS handshake failed: ");
    }

    @Test
    void whereTlsIsDemandedNobodySaysHisPasswordInClear() throws IOException {
        try (Socket socket = new Socket("127.0.0.1", serve.port("pop3", 0))) {
            assertThat(talk(socket, "CAPA\r\nUSER joe\r\nPASS secret\r\nAPOP joe 0123\r\nQUIT\r\n"))
                    .contains("\r\nSTLS\r\n")
                    .doesNotContain("\r\nUSER\r\n")
                    .contains("""
                            .\r
                            -ERR this server takes passwords under TLS only: say STLS first\r
                            -ERR this server takes passwords under TLS only: say STLS first\r
                            -ERR this server takes passwords under TLS only: say STLS first\r
                            +OK \r
                            """);
        }
        assertThat(serve.log()).doesNotContain("login user=joe");
    }

    /** What was put behind STLS or STARTTLS in clear is nobody's command (CVE-2011-0411). */
    @Test
    void whatIsSaidBeforeTheHandshakeIsForgotten() throws Exception {
        for (String protocol : List.of("pop3", "smtp")) {
            boolean pop = protocol.equals("pop3");
            try (Socket socket = new Socket("127.0.0.1", serve.port(protocol, 0))) {
                socket.setSoTimeout((int) LIMIT.toMillis());
                String command = pop ? "STLS\r\nNOOP\r\nNOOP\r\n" : "STARTTLS\r\nHELP\r\nHELP\r\n";
                String early = pop ? "" : "EHLO early.example\r\nMAIL FROM:<early@b.example>\r\n";
                socket.getOutputStream().write((early + command).getBytes(StandardCharsets.US_ASCII));
                StringBuilder clear = new StringBuilder();
                while (!clear.toString().endsWith(pop ? "+OK begin TLS\r\n" : "220 2.0.0 ready to start TLS\r\n")) {
                    int c = socket.getInputStream().read();
                    assertThat(c).as(clear.toString()).isNotNegative();
                    clear.append((char) c);
                }
                try (Socket safe = trusting().createSocket(socket, "mx.test", socket.getPort(), true)) {
                    String said =
                            talk(safe, pop ? "CAPA\r\nQUIT\r\n" : "RCPT TO:<joe@local.example>\r\nEHLO x\r\nQUIT\r\n");
                    if (pop) {
                        assertThat(said).startsWith("+OK \r\nTOP\r\n").doesNotContain("STLS");
                    } else {
                        assertThat(said).startsWith("503 5.5.1 MAIL first").doesNotContain("STARTTLS");
                    }
                }
            }
        }
    }

    @Test
    void aNewCertificateIsTakenWhileItServes() throws IOException {
        assertThat(subject()).contains("CN = mx");
        TlsFiles next = TestingCertificates.make(directory, "next", TestingCertificates.RSA, "mx.test");
        // The one and then the other: between the two they do not belong together, and the old ones stay.
        Files.move(next.certificate(), certificate.certificate(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        serve.signal("HUP");
        serve.awaitLog("alert: settings not changed: ");
        assertThat(subject()).contains("CN = mx");
        TestingPrograms.succeed("chown", "65534:65534", next.key().toString());
        Files.move(next.key(), certificate.key(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        serve.signal("HUP");
        serve.awaitLog("tls: certificates read anew");
        assertThat(subject()).contains("CN = next");
    }

    private String subject() throws IOException {
        return run("QUIT\r\n", "openssl", "s_client", "-connect", at("smtps"), "-servername", "mx.test")
                .output();
    }

    private static String talk(Socket socket, String said) throws IOException {
        socket.setSoTimeout((int) LIMIT.toMillis());
        socket.getOutputStream().write(said.getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    private SSLSocketFactory trusting() throws Exception {
        java.security.KeyStore store = java.security.KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var in = Files.newInputStream(certificate.certificate())) {
            store.setCertificateEntry(
                    "mx",
                    java.security.cert.CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        var trust =
                javax.net.ssl.TrustManagerFactory.getInstance(javax.net.ssl.TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        var context = javax.net.ssl.SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }
}
