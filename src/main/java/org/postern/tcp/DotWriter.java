package org.postern.tcp;

import java.io.IOException;

/**
 * Sends a text whose lines end with LF as POP3 and SMTP want it: lines end with CR LF, a dot at the start of a line is
 * doubled, a dot on a line of its own ends it (RFC 5321 §4.5.2, RFC 1939 §3). A CR LF in the text is a line end like any
 * other and is sent once. The connection's limit for writes applies.
 */
public final class DotWriter {
    /** What becomes of a CR that no LF follows. */
    public enum LoneCr {
        /** It is sent: the reader gets the very octets (POP3). */
        KEEP,
        /** A blank is sent in its place, so that no server can take it for a line end (SMTP). */
        BLANK
    }

    private final Connection connection;
    private final LoneCr loneCr;
    private boolean lineStart = true;
    private boolean afterCr;

    public DotWriter(Connection connection, LoneCr loneCr) {
        this.connection = connection;
        this.loneCr = loneCr;
    }

    /** More of the text; it may be cut anywhere. */
    public void write(byte[] from, int offset, int length) throws IOException {
        int at = offset;
        int end = offset + length;
        while (at < end) {
            byte c = from[at];
            if (c == '\n') {
                endLine();
                at++;
            } else if (afterCr) {
                writeLoneCr();
            } else if (c == '\r') {
                afterCr = true;
                at++;
            } else {
                if (lineStart && c == '.') {
                    connection.write(".");
                }
                int run = at;
                while (at < end && from[at] != '\n' && from[at] != '\r') {
                    at++;
                }
                connection.write(from, run, at - run);
                lineStart = false;
            }
        }
    }

    /** Ends the last line where the text has not, and the whole. */
    public void end() throws IOException {
        if (afterCr) {
            writeLoneCr();
        }
        if (!lineStart) {
            endLine();
        }
        connection.write(".\r\n");
    }

    private void endLine() throws IOException {
        connection.write("\r\n");
        lineStart = true;
        afterCr = false;
    }

    private void writeLoneCr() throws IOException {
        connection.write(loneCr == LoneCr.KEEP ? "\r" : " ");
        lineStart = false;
        afterCr = false;
    }
}
