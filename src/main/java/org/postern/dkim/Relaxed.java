package org.postern.dkim;

import java.security.MessageDigest;
import org.postern.os.Octets;

/** The canonicalization "relaxed" (RFC 6376 §3.4.2, §3.4.4). A CR is a blank: it stands before an LF, or becomes one. */
final class Relaxed {
    private Relaxed() {}

    /** A header field's, without the line end behind it. */
    static String field(String name, String value) {
        StringBuilder out = new StringBuilder(Octets.lowerCase(name)).append(':');
        boolean blank = false;
        boolean begun = false;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (isBlank(c) || c == '\n') {
                blank = begun;
            } else {
                if (blank) {
                    out.append(' ');
                }
                out.append(c);
                blank = false;
                begun = true;
            }
        }
        return out.toString();
    }

    private static boolean isBlank(int c) {
        return c == ' ' || c == '\t' || c == '\r';
    }

    /** A body's hash, from pieces cut anywhere. What may have to be left out is counted, not kept. */
    static final class Body {
        private static final int PIECE = 8192;

        private final MessageDigest digest;
        private final byte[] out = new byte[PIECE];
        private int length;
        private boolean blank;
        private long lineEnds;
        private boolean hasText;

        Body(MessageDigest digest) {
            this.digest = digest;
        }

        void write(byte[] from, int count) {
            for (int i = 0; i < count; i++) {
                byte octet = from[i];
                if (octet == '\n') {
                    blank = false;
                    lineEnds++;
                } else if (isBlank(octet)) {
                    blank = true;
                } else {
                    text(octet);
                }
            }
        }

        private void text(byte octet) {
            for (; lineEnds > 0; lineEnds--) {
                lineEnd();
            }
            if (blank) {
                put((byte) ' ');
                blank = false;
            }
            put(octet);
            hasText = true;
        }

        /** The body is over: one line end is left of those behind the text; nothing where there is none. */
        byte[] hash() {
            if (hasText) {
                lineEnd();
            }
            digest.update(out, 0, length);
            return digest.digest();
        }

        private void lineEnd() {
            put((byte) '\r');
            put((byte) '\n');
        }

        private void put(byte octet) {
            if (length == PIECE) {
                digest.update(out, 0, length);
                length = 0;
            }
            out[length++] = octet;
        }
    }
}
