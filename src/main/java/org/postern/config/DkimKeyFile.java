package org.postern.config;

import java.io.IOException;
import java.nio.file.Path;
import java.security.interfaces.RSAPrivateCrtKey;
import org.postern.os.Octets;

/** A file with an RSA key in PEM. */
public final class DkimKeyFile {
    /** RFC 8301 §3.2: shorter keys are no longer believed, longer ones need not be understood. */
    private static final int LEAST_BITS = 1024;

    private static final int MOST_BITS = 4096;
    private static final String REMEDY = ": make one with postern dkim-key DOMAIN SELECTOR";

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
        try {
            if (PemKey.parse(text) instanceof RSAPrivateCrtKey key) {
                return key;
            }
        } catch (IOException e) {
            throw new IOException(e.getMessage() + REMEDY, e);
        }
        throw new IOException("its key is not for RSA" + REMEDY);
    }
}
