package org.postern.maildir;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Counts a message's octets as they will be sent: each line ends in CR LF, also the last one. A CR LF that is in the
 * file is sent as it is. Dot-stuffing does not count (RFC 1939 §11). A delivery feeds it what it writes; the result is
 * Maildir++'s {@code W=}.
 */
public final class WireSize {
    private static final int BUFFER_OCTETS = 16 * 1024;

    private long octets;
    private byte last = '\n';

    public void add(byte[] from, int offset, int length) {
        byte before = last;
        long sent = length;
        for (int i = offset; i < offset + length; i++) {
            byte octet = from[i];
            if (octet == '\n' && before != '\r') {
                sent++;
            }
            before = octet;
        }
        last = before;
        octets += sent;
    }

    /** The size of what was added so far, if that is all. */
    public long octets() {
        return last == '\n' ? octets : octets + 2;
    }

    /** Reads the file to its end. */
    public static long of(Path file) throws IOException {
        WireSize size = new WireSize();
        byte[] buffer = new byte[BUFFER_OCTETS];
        try (InputStream in = Files.newInputStream(file)) {
            int n = in.read(buffer);
            while (n >= 0) {
                size.add(buffer, 0, n);
                n = in.read(buffer);
            }
        }
        return size.octets();
    }
}
