package org.postern;

import static org.awaitility.Awaitility.await;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.postern.TestingPrograms.Outcome;
import org.postern.config.TestingCertificates;
import org.postern.config.TlsFiles;

/**
 * {@code postern serve} as an ordinary user, for local.example, whose user joe has the password secret: with a certificate,
 * POP3 and SMTP as told, nothing that leads elsewhere.
 */
final class TestingMailSite implements Closeable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Path directory;
    private final TlsFiles certificate;
    private final TestingServe serve;

    /**
     * Starts it.
     *
     * @param tables of postern.toml: listeners and what else the test is about
     */
    TestingMailSite(Path directory, String tables) throws IOException {
        this.directory = directory;
        TestingPrograms.succeed("./postern", "version");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        certificate = TestingCertificates.make(directory, "mx", TestingCertificates.EC, "mx.test");
        for (String sub : List.of("", "Maildir", "Maildir/tmp", "Maildir/new", "Maildir/cur")) {
            Files.createDirectory(directory.resolve("joe").resolve(sub));
        }
        Path users = Files.writeString(
                directory.resolve("users"), "joe:{PLAIN}secret:65534:65534::" + directory.resolve("joe") + ":\n");
        Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
        Path settings = Files.writeString(
                directory.resolve("postern.toml"),
                """
                me = "mx.test"
                home = "%1$s/state"
                [[tls]]
                certificate = "%2$s"
                key = "%3$s"
                [users]
                file = "%1$s/users"
                [send]
                locals = "local.example"
                smtproutes = ":127.0.0.1:1"
                """.formatted(directory, certificate.certificate(), certificate.key()) + tables);
        TestingPrograms.succeed("chown", "-R", "65534:65534", directory.toString());
        serve = TestingServe.start(
                List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"),
                directory,
                "--config",
                settings.toString());
    }

    TestingServe serve() {
        return serve;
    }

    TlsFiles certificate() {
        return certificate;
    }

    String port(String protocol) throws IOException {
        return Integer.toString(serve.port(protocol, 0));
    }

    /** Runs a client. */
    static Outcome run(String input, String... command) throws IOException {
        return TestingPrograms.run(new ProcessBuilder(command), input);
    }

    /** The message with this mark, once joe has it. */
    String delivered(String mark) {
        return await().atMost(LIMIT)
                .until(() -> mails().stream().filter(m -> m.contains(mark)).findFirst(), Optional::isPresent)
                .orElseThrow();
    }

    private List<String> mails() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("joe/Maildir/new"))) {
            List<String> mails = new java.util.ArrayList<>();
            for (Path file : files.toList()) {
                mails.add(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
            return mails;
        }
    }

    @Override
    public void close() throws IOException {
        serve.close();
    }
}
