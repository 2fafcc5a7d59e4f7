package org.postern.maildir;

/**
 * Counts a file's octets, and those that POP3 sends of it: each line ended by CR LF, a CR LF of the file counted once,
 * any other CR as it is, and a last line without an end sent with one (RFC 1939 §11). Maildir++ writes both into the
 * file's name, so that a maildrop is opened without reading its files.
 */
public final class Sizes {
    private long stored;
    private long sent;
    private byte last = '\n';

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
