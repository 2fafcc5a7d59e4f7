package org.postern.local;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.postern.os.Octets;

/** Looks for a line in a message's header, in constant memory. */
final class LoopCheck {
    private LoopCheck() {}

    /** @param line with its line feed; it must be there exactly so */
    static boolean headerHas(InputStream message, String line) throws IOException {
        byte[] wanted = Octets.bytes(line);
        BufferedInputStream in = new BufferedInputStream(message);
        while (true) {
            int length = 0;
            boolean same = true;
            int c;
            do {
                c = in.read();
                if (c < 0) {
                    return false;
                }
                same = same && length < wanted.length && c == (wanted[length] & 0xff);
                length++;
            } while (c != '\n');
            if (length == 1) {
                return false;
            }
            if (same && length == wanted.length) {
                return true;
            }
        }
    }
}
