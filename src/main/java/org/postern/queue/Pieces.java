package org.postern.queue;

import java.io.IOException;
import java.time.Duration;
import org.postern.tcp.Connection;

/**
 * A text of unknown length on the submission socket: pieces {@code LENGTH:octets,} (netstrings), the last of them empty. Of
 * a piece only a buffer is held, however long it says it is.
 */
final class Pieces {
    private static final int BUFFER = 8192;
    private static final int MAX_DIGITS = 9;

    private Pieces() {}

    /** Takes what was read. */
    @FunctionalInterface
    interface Taker {
        void take(byte[] from, int offset, int length) throws IOException;
    }

    /** How long the next read may wait. */
    @FunctionalInterface
    interface Limit {
        Duration get() throws IOException;
    }

    /** The other side does not keep to the form, or went away. */
    static final class Broken extends IOException {
        private static final long serialVersionUID = 1L;

        Broken(String what) {
            super(what);
        }
    }

    static void write(Connection to, byte[] from, int offset, int length) throws IOException {
        if (length > 0) {
            to.write(length + ":");
            to.write(from, offset, length);
            to.write(",");
        }
    }

    static void end(Connection to) throws IOException {
        to.write("0:,");
    }

    /** Reads all pieces of a text, the empty one included. */
    static void read(Connection from, Limit limit, Taker taker) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (int left = length(from, limit); left > 0; left = length(from, limit)) {
            while (left > 0) {
                int n = from.read(buffer, 0, Math.min(left, BUFFER), limit.get());
                if (n < 0) {
                    throw new Broken("ended within a piece");
                }
                taker.take(buffer, 0, n);
                left -= n;
            }
            comma(from, limit);
        }
        comma(from, limit);
    }

    private static int length(Connection from, Limit limit) throws IOException {
        StringBuilder digits = new StringBuilder();
        for (int octet = octet(from, limit); octet != ':'; octet = octet(from, limit)) {
            if (octet < '0' || octet > '9' || digits.length() == MAX_DIGITS) {
                throw new Broken("no length of a piece");
            }
            digits.append((char) octet);
        }
        if (digits.isEmpty()) {
            throw new Broken("no length of a piece");
        }
        return Integer.parseInt(digits.toString());
    }

    private static void comma(Connection from, Limit limit) throws IOException {
        if (octet(from, limit) != ',') {
            throw new Broken("no comma behind a piece");
        }
    }

    private static int octet(Connection from, Limit limit) throws IOException {
        int octet = from.read(limit.get());
        if (octet < 0) {
            throw new Broken("ended between pieces");
        }
        return octet;
    }
}
