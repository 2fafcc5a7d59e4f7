package org.postern.config;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A private key in PEM (RFC 7468): {@code PRIVATE KEY} (PKCS #8), as openssl genpkey and certbot write it, {@code RSA PRIVATE KEY}
 * (PKCS #1, RFC 8017 A.1.2), as opendkim-genkey and older openssl do, {@code EC PRIVATE KEY} (RFC 5915).
 */
final class PemKey {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----\\s(.*?)-----END \\1-----", Pattern.DOTALL);

    private static final HexFormat HEX = HexFormat.of();
    /** PKCS #8's version, and the algorithm rsaEncryption with its NULL. */
    private static final byte[] RSA = HEX.parseHex("020100300d06092a864886f70d0101010500");

    private static final byte[] VERSION = HEX.parseHex("020100");
    private static final byte[] EC_PUBLIC_KEY = HEX.parseHex("06072a8648ce3d0201");
    /** The tag, and the beginning of its content, an object identifier: the curve. */
    private static final int CURVE = 0xa0;

    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int OBJECT_IDENTIFIER = 0x06;

    private PemKey() {}

    /**
     * The first private key in the text, of any kind that Java knows.
     *
     * @throws IOException where there is none; the message has the remedy, and not the file's name
     */
    static PrivateKey parse(String text) throws IOException {
        Matcher pem = PEM.matcher(text);
        if (!pem.find()) {
            throw new IOException("it has no private key in PEM, -----BEGIN PRIVATE KEY-----");
        }
        String label = pem.group(1);
        if (label.contains("ENCRYPTED") || pem.group(2).contains("ENCRYPTED")) {
            throw new IOException("its key needs a passphrase: write it without one, openssl pkey -in FILE -out NEW");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(pem.group(2));
            return key(
                    switch (label) {
                        case "RSA PRIVATE KEY" -> der(SEQUENCE, RSA, der(OCTET_STRING, der));
                        case "EC PRIVATE KEY" ->
                            der(SEQUENCE, VERSION, der(SEQUENCE, EC_PUBLIC_KEY, curve(der)), der(OCTET_STRING, der));
                        default -> der;
                    });
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException("its " + label + " is damaged, or of a kind that Java does not know", e);
        }
    }

    private static PrivateKey key(byte[] pkcs8) throws GeneralSecurityException {
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(pkcs8);
        GeneralSecurityException last = null;
        for (String algorithm : new String[] {"RSA", "EC", "EdDSA"}) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (GeneralSecurityException e) {
                last = e;
            }
        }
        throw last == null ? new GeneralSecurityException("no key") : last;
    }

    /** The curve's object identifier, which a key by itself names behind the number (RFC 5915 §3). */
    private static byte[] curve(byte[] sec1) {
        for (int i = 0; i + 4 < sec1.length; i++) {
            int length = sec1[i + 3] & 0xff;
            if ((sec1[i] & 0xff) == CURVE
                    && sec1[i + 1] == length + 2
                    && sec1[i + 2] == OBJECT_IDENTIFIER
                    && i + 4 + length <= sec1.length) {
                return Arrays.copyOfRange(sec1, i + 2, i + 4 + length);
            }
        }
        throw new IllegalArgumentException("names no curve");
    }

    /** A value in DER with its tag and length (X.690 §8.1.3). */
    private static byte[] der(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (length > 0x7f) {
            int octets = length > 0xffff ? 3 : length > 0xff ? 2 : 1;
            out.write(0x80 | octets);
            for (int i = octets - 1; i > 0; i--) {
                out.write(length >> 8 * i);
            }
        }
        out.write(length);
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
