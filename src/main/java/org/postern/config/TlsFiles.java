package org.postern.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import org.postern.os.Octets;
import org.postern.tcp.TlsServer;

/**
 * A {@code [[tls]]} table of postern.toml.
 *
 * @param certificate PEM: the server's certificate, then those between it and the authority, as certbot's fullchain.pem
 * @param key PEM, mode 600 or 640
 */
public record TlsFiles(Path certificate, Path key) {
    /** A certificate that cannot be used; the message says which setting, which file, why, and what to do. */
    public static final class Unusable extends IOException {
        private static final long serialVersionUID = 1L;

        /** Which of the two settings: certificate or key. */
        private final String setting;

        Unusable(String setting, Path file, IOException why) {
            super(file + ": " + why.getMessage(), why);
            this.setting = setting;
        }

        public String setting() {
            return setting;
        }
    }

    /** Reads both, and sees that they belong together. */
    public TlsServer.Certificate read() throws Unusable {
        List<X509Certificate> chain;
        try {
            chain = chain();
        } catch (IOException e) {
            throw new Unusable("certificate", certificate, e);
        }
        try {
            TlsServer.Certificate read = new TlsServer.Certificate(
                    PemKey.parse(Octets.of(SecretFile.octets(key, "a private key in PEM"))), chain);
            if (!belongTogether(read)) {
                throw new IOException("it is not the key of " + certificate);
            }
            return read;
        } catch (IOException e) {
            throw new Unusable("key", key, e);
        }
    }

    private List<X509Certificate> chain() throws IOException {
        try (InputStream in = Files.newInputStream(certificate)) {
            List<X509Certificate> chain = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
            if (chain.isEmpty()) {
                throw new IOException("it has no certificate in PEM, -----BEGIN CERTIFICATE-----");
            }
            return chain;
        } catch (CertificateException e) {
            throw new IOException("it has no certificate in PEM, -----BEGIN CERTIFICATE-----, or a damaged one", e);
        } catch (NoSuchFileException e) {
            throw new IOException("there is no such file", e);
        } catch (AccessDeniedException e) {
            throw new IOException("Postern may not read it: chmod or chown it", e);
        }
    }

    /** What the one signs the other must verify. */
    private static boolean belongTogether(TlsServer.Certificate read) {
        String algorithm = switch (read.key().getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> read.key().getAlgorithm();
        };
        byte[] text = Octets.bytes("postern");
        try {
            Signature signing = Signature.getInstance(algorithm);
            signing.initSign(read.key());
            signing.update(text);
            Signature verifying = Signature.getInstance(algorithm);
            verifying.initVerify(read.chain().getFirst().getPublicKey());
            verifying.update(text);
            return verifying.verify(signing.sign());
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
