package org.postern.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import org.postern.os.Octets;

/** A file whose first line is a password, a token or a secret. One that others can read is not used. */
public final class SecretFile {
    private static final int MOST_OCTETS = 64 << 10;
    private static final Set<PosixFilePermission> TOO_OPEN = Set.of(
            PosixFilePermission.OTHERS_READ,
            PosixFilePermission.OTHERS_WRITE,
            PosixFilePermission.OTHERS_EXECUTE,
            PosixFilePermission.GROUP_WRITE);

    private SecretFile() {}

    /**
     * Its first line without trailing blanks.
     *
     * @throws IOException where it cannot be read, is empty, or is open to others; the message has the remedy and no name
     */
    public static String read(Path file) throws IOException {
        PosixFileAttributes attributes;
        try {
            attributes = Files.readAttributes(file, PosixFileAttributes.class);
        } catch (NoSuchFileException e) {
            throw new IOException("there is no such file: write the secret into it, readable by Postern alone", e);
        }
        if (!attributes.isRegularFile()) {
            throw new IOException("it is no file: give one whose first line is the secret");
        }
        if (attributes.permissions().stream().anyMatch(TOO_OPEN::contains)) {
            throw new IOException("others can read or change it: chmod 600 it, and change the secret if they did");
        }
        if (attributes.size() > MOST_OCTETS) {
            throw new IOException("it has more than " + MOST_OCTETS + " octets: its first line must be the secret");
        }
        byte[] octets;
        try {
            octets = Files.readAllBytes(file);
        } catch (java.nio.file.AccessDeniedException e) {
            throw new IOException("Postern may not read it: chown it to the user Postern runs as", e);
        }
        String secret = Octets.of(octets).lines().findFirst().orElse("").stripTrailing();
        if (secret.isEmpty()) {
            throw new IOException("its first line is empty: write the secret there");
        }
        return secret;
    }
}
