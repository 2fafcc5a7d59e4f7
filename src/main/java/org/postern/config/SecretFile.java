package org.postern.config;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.file.Path;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;

/** A file with a password, a token or a key, in its first line or in all of it. One that others can read is not used. */
public final class SecretFile {
    private static final int MOST_OCTETS = 64 << 10;
    private static final int TOO_OPEN = 027;

    private SecretFile() {}

    /**
     * Its first line without trailing blanks.
     *
     * @throws IOException where it cannot be read, is empty, or is open to others; the message has the remedy and no name
     */
    public static String read(Path file) throws IOException {
        byte[] octets = octets(file, "the secret in its first line");
        String secret = Octets.of(octets).lines().findFirst().orElse("").stripTrailing();
        if (secret.isEmpty()) {
            throw new IOException("its first line is empty: write the secret there");
        }
        return secret;
    }

    /**
     * All of it.
     *
     * @param wanted what it should have, as "a private key"
     * @throws IOException as {@link #read}
     */
    static byte[] octets(Path file, String wanted) throws IOException {
        int descriptor = FilesAt.openBehindLinks(FilesAt.WORKING_DIRECTORY, Octets.of(file));
        if (descriptor < 0) {
            throw cannotOpen(new OsException("open", -descriptor), wanted);
        }
        byte[] octets;
        try (FileInputStream in = new FileInputStream(Descriptor.java(descriptor))) {
            FilesAt.Status status = FilesAt.status(descriptor);
            if (!status.isRegular()) {
                throw new IOException("it is no file: give one with " + wanted);
            }
            if ((status.permissions() & TOO_OPEN) != 0) {
                throw new IOException("others can read or change it: chmod 600 it, and change the secret if they did");
            }
            octets = in.readNBytes(MOST_OCTETS + 1);
        }
        if (octets.length > MOST_OCTETS) {
            throw new IOException("it has more than " + MOST_OCTETS + " octets: give one with " + wanted);
        }
        return octets;
    }

    private static IOException cannotOpen(OsException why, String wanted) {
        return switch (Errno.of(why)) {
            case ENOENT ->
                new IOException("there is no such file: make one with " + wanted + ", readable by Postern alone", why);
            case EACCES -> new IOException("Postern may not read it: chown it to the user Postern runs as", why);
            case ENXIO -> new IOException("it is no file: give one with " + wanted, why);
            case null, default -> why;
        };
    }
}
