package org.postern.config;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.os.Octets;

/**
 * A file with an RSA key in PEM (RFC 7468): {@code PRIVATE KEY} (PKCS #8), as this program and openssl genpkey write it, or
 * {@code RSA PRIVATE KEY} (PKCS #1, RFC 8017 A.1.2), as opendkim-genkey and older openssl do.
 */
public final class DkimKeyFile {
    /** RFC 8301 §3.2: shorter keys are no longer believed, longer ones need not be understood. */
    private static final int LEAST_BITS = 1024;

    private static final int MOST_BITS = 4096;
    private static final String REMEDY = ": make one with postern dkim-key DOMAIN SELECTOR";

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s(.*?)-----END \\1-----", Pattern.DOTALL);

    /** PKCS #8 around PKCS #1: version 0, and the algorithm rsaEncryption with its NULL. */
    private static final byte[] RSA = HexFormat.of().parseHex("020100300d06092a864886f70d0101010500");

    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;

    private DkimKeyFile() {}

    /**
     * The key.
     *
     * @throws IOException where there is none that may be used; the message has the remedy and not the file's name
     */
    public static RSAPrivateCrtKey read(Path file) throws IOException {
        RSAPrivateCrtKey key = parse(Octets.of(SecretFile.octets(file, "a private key in PEM")));
        int bits = key.getModulus().bitLength();
        if (bits < LEAST_BITS || bits > MOST_BITS) {
            throw new IOException("it is an RSA key of " + bits + " bits, and receivers believe " + LEAST_BITS + " to "
                    + MOST_BITS + REMEDY);
        }
        return key;
    }

    private static RSAPrivateCrtKey parse(String text) throws IOException {
        Matcher pem = PEM.matcher(text);
        if (!pem.find()) {
            throw new IOException("it has no private key in PEM, -----BEGIN PRIVATE KEY-----" + REMEDY);
        }
        String label = pem.group(1);
        if (label.contains("ENCRYPTED") || pem.group(2).contains("ENCRYPTED")) {
            throw new IOException("its key needs a passphrase: write it without one, openssl pkey -in FILE -out NEW");
        }
        if (!label.equals("PRIVATE KEY") && !label.equals("RSA PRIVATE KEY")) {
            throw new IOException("it has a " + label + ", not an RSA key in PEM" + REMEDY);
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(pem.group(2));
            byte[] pkcs8 = label.equals("PRIVATE KEY") ? der : pkcs8(der);
            return (RSAPrivateCrtKey) KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException | ClassCastException | IllegalArgumentException e) {
            throw new IOException("its " + label + " is damaged, or not for RSA" + REMEDY, e);
        }
    }

    private static byte[] pkcs8(byte[] pkcs1) {
        ByteArrayOutputStream inside = new ByteArrayOutputStream();
        inside.writeBytes(RSA);
        inside.writeBytes(der(OCTET_STRING, pkcs1));
        return der(SEQUENCE, inside.toByteArray());
    }

    /** A value in DER with its tag and length (X.690 §8.1.3). */
    private static byte[] der(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.length;
        if (length > 0x7f) {
            int octets = length > 0xffff ? 3 : length > 0xff ? 2 : 1;
            out.write(0x80 | octets);
            for (int i = octets - 1; i > 0; i--) {
                out.write(length >> 8 * i);
            }
        }
        out.write(length);
        out.writeBytes(content);
        return out.toByteArray();
    }
}
