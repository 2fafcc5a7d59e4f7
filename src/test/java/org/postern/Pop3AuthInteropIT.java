package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;

/** AUTH of POP3 (RFC 5034), under TLS, by clients that have it. */
@Timeout(180)
class Pop3AuthInteropIT {
    @TempDir
    private Path directory;

    private TestingMailSite site;

    @BeforeEach
    void start() throws IOException {
        site = new TestingMailSite(directory, """
                [pop3d]
                listen = "127.0.0.1:0"
                listen_tls = "127.0.0.1:0"
                [smtpd]
                listen = "127.0.0.1:0"
                """);
        Path mail = Files.writeString(directory.resolve("joe/Maildir/new/1.first"), "Subject: x\n\nThe end.\n");
        TestingPrograms.succeed("chown", "65534:65534", mail.toString());
    }

    @AfterEach
    void stop() throws IOException {
        site.close();
    }

    @Test
    void curlAndMpopLogInByEachMechanism() throws IOException {
        for (String mechanism : List.of("PLAIN", "LOGIN")) {
            for (String url :
                    List.of("pop3://127.0.0.1:" + site.port("pop3"), "pop3s://127.0.0.1:" + site.port("pop3s"))) {
                Outcome curl = curl(url, mechanism, "secret");
                assertThat(curl.exit()).as(curl.output()).isZero();
                assertThat(curl.output()).contains("> AUTH " + mechanism).contains("The end.");
            }
            Path config = Files.writeString(directory.resolve("mpoprc-" + mechanism), """
                    account default
                    host 127.0.0.1
                    port %s
                    user joe
                    password secret
                    auth %s
                    tls on
                    tls_starttls on
                    tls_certcheck off
                    keep on
                    delivery mbox %s
                    uidls_file %s
                    """.formatted(
                            site.port("pop3"),
                            mechanism.toLowerCase(java.util.Locale.ROOT),
                            directory.resolve("mpop-" + mechanism),
                            directory.resolve("uidls-" + mechanism)));
            Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-------"));
            Outcome mpop = TestingMailSite.run("", "mpop", "-C", config.toString());
            assertThat(mpop.exit()).as(mpop.output()).isZero();
            assertThat(directory.resolve("mpop-" + mechanism)).content().contains("The end.");
        }
        Outcome wrong = curl("pop3s://127.0.0.1:" + site.port("pop3s"), "PLAIN", "wrong");
        assertThat(wrong.output()).contains("-ERR [AUTH] authorization failed");
        assertThat(site.serve().log()).doesNotContain("secret");
    }

    private static Outcome curl(String url, String mechanism, String password) throws IOException {
        return TestingMailSite.run(
                "",
                "curl",
                "-sSvk",
                "--ssl-reqd",
                "--login-options",
                "AUTH=" + mechanism,
                "-u",
                "joe:" + password,
                url + "/1");
    }
}
