package org.postern.pop3d;

/**
 * Turns a message's octets into the body of a multi-line response: lines end in CR LF, a dot in front of a line is
 * doubled, a line with one dot ends it (RFC 1939 §3). Every other octet is sent as it is, NUL and lone CR too. Works on
 * pieces cut anywhere, in constant memory.
 */
final class MultiLineWriter {
    /** The largest piece. */
    static final int INPUT_OCTETS = 8192;

    /** No octet becomes more than two. */
    private final byte[] output = new byte[2 * INPUT_OCTETS];

    private long bodyLinesLeft;
    private boolean inHeader = true;
    private boolean complete;
    private long lineOctets;
    private byte last = '\n';
    private int length;

    /** @param bodyLines how many lines below the header are wanted; {@link Long#MAX_VALUE} is all */
    MultiLineWriter(long bodyLines) {
        bodyLinesLeft = bodyLines;
    }

    /** Where {@link #convert} and {@link #finish} leave their octets. */
    byte[] output() {
        return output;
    }

    /** All that was wanted has been converted. */
    boolean isComplete() {
        return complete;
    }

    /** Converts the next octets; answers how many came out of it. */
    int convert(byte[] from, int count) {
        length = 0;
        for (int i = 0; i < count && !complete; i++) {
            byte octet = from[i];
            if (octet == '\n') {
                endLine();
            } else {
                if (octet == '.' && lineOctets == 0) {
                    put((byte) '.');
                }
                put(octet);
                lineOctets++;
            }
            last = octet;
        }
        return length;
    }

    private void endLine() {
        if (last != '\r') {
            put((byte) '\r');
        }
        put((byte) '\n');
        boolean empty = lineOctets == 0 || (lineOctets == 1 && last == '\r');
        lineOctets = 0;
        if (!inHeader) {
            bodyLinesLeft--;
        } else if (empty) {
            inHeader = false;
        }
        complete = !inHeader && bodyLinesLeft == 0;
    }

    /** Ends the last line where the file does not, and the response. */
    int finish() {
        length = 0;
        if (lineOctets > 0) {
            put((byte) '\r');
            put((byte) '\n');
        }
        put((byte) '.');
        put((byte) '\r');
        put((byte) '\n');
        return length;
    }

    private void put(byte octet) {
        output[length++] = octet;
    }
}
