package org.postern.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** Certificates that sign themselves, made by Debian's openssl. */
public final class TestingCertificates {
    /** openssl's words for a kind of key. */
    public static final List<String> RSA = List.of("-newkey", "rsa:2048");

    public static final List<String> EC = List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1");
    public static final List<String> ED25519 = List.of("-newkey", "ed25519");

    private TestingCertificates() {}

    /** NAME.pem and NAME.key, for these DNS names. */
    public static TlsFiles make(Path directory, String name, List<String> kind, String... dnsNames) throws IOException {
        Path certificate = directory.resolve(name + ".pem");
        Path key = directory.resolve(name + ".key");
        List<String> command = new ArrayList<>(List.of("openssl", "req", "-x509", "-nodes", "-days", "2"));
        command.addAll(kind);
        command.addAll(
                List.of("-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:" + String.join(",DNS:", dnsNames)));
        command.addAll(List.of("-keyout", key.toString(), "-out", certificate.toString()));
        run(command);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        return new TlsFiles(certificate, key);
    }

    /** Runs openssl, which must succeed. */
    public static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.ISO_8859_1);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(command + ": " + said);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
