package org.postern.maildir;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Counts a file's octets, and those that POP3 sends of it: each line ended by CR LF, a CR LF of the file counted once,
 * any other CR as it is, and a last line without an end sent with one (RFC 1939 §11). Maildir++ writes both into the
 * file's name, so that a maildrop is opened without reading its files.
 */
public final class Sizes {
    private static final int BUFFER_OCTETS = 16 * 1024;

    private long stored;
    private long sent;
    private byte last = '\n';

    /** Reads a file to its end. */
    static Sizes of(Path file) throws IOException {
        Sizes sizes = new Sizes();
        byte[] buffer = new byte[BUFFER_OCTETS];
        try (InputStream in = Files.newInputStream(file)) {
            int n = in.read(buffer);
            while (n >= 0) {
                sizes.count(buffer, 0, n);
                n = in.read(buffer);
            }
        }
        return sizes;
    }

    public void count(byte[] from, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            byte b = from[i];
            sent += b == '\n' && last != '\r' ? 2 : 1;
            last = b;
        }
        stored += length;
    }

    /** S: as in the file. */
    public long stored() {
        return stored;
    }

    /** W: as sent. */
    public long sent() {
        return last == '\n' ? sent : sent + 2;
    }

    /** What the name ends with: {@code ,S=stored,W=sent}. */
    String suffix() {
        return ",S=" + stored() + ",W=" + sent();
    }
}
