package org.postern.dkim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import org.postern.config.DkimKey;

/** Keys to sign with, made anew for a test. */
public final class TestingKey {
    private TestingKey() {}

    public static RSAPrivateCrtKey rsa(int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            return (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    public static DkimKey.Usable of(String domain, String selector) {
        return new DkimKey.Usable(domain, selector, rsa(2048));
    }

    public static PublicKey publicKey(RSAPrivateCrtKey key) {
        try {
            return KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** The name in the DNS, a blank, and the TXT record in one piece. */
    public static String record(DkimKey.Usable key) {
        return key.selector() + "._domainkey." + key.domain() + " v=DKIM1; k=rsa; p="
                + Base64.getEncoder().encodeToString(publicKey(key.key()).getEncoded());
    }

    /** A file in PKCS #8 for its owner alone. */
    public static Path file(Path file, RSAPrivateCrtKey key) throws IOException {
        Files.writeString(
                file,
                "-----BEGIN PRIVATE KEY-----\n" + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
}
