package org.postern.smtpd;

/**
 * Counts the Received and Delivered-To fields of a header, to find a message that loops (RFC 5321 §6.3). As qmail-smtpd,
 * it goes by the first letters alone, in any case.
 */
final class HopCount {
    /** This many are too many. */
    static final int MAXHOPS = 100;

    private static final byte[][] PREFIXES = {
        {'r', 'e', 'c', 'e', 'i', 'v', 'e', 'd'}, {'d', 'e', 'l', 'i', 'v', 'e', 'r', 'e', 'd'}
    };
    private static final int LONGEST = 9;

    private final byte[] start = new byte[LONGEST];
    private int column;
    private boolean inHeader = true;
    private int hops;

    /** The next piece of the text, lines ended by LF. */
    void scan(byte[] text, int length) {
        int at = 0;
        while (inHeader && at < length) {
            byte c = text[at++];
            if (c == '\n') {
                inHeader = column > 0;
                column = 0;
            } else if (column < LONGEST) {
                start[column++] = (byte) (c | 0x20);
                hops += isPrefix() ? 1 : 0;
            } else {
                while (at < length && text[at] != '\n') {
                    at++;
                }
            }
        }
    }

    private boolean isPrefix() {
        byte[] prefix = start[0] == 'r' ? PREFIXES[0] : PREFIXES[1];
        return column == prefix.length && java.util.Arrays.equals(start, 0, column, prefix, 0, column);
    }

    boolean tooMany() {
        return hops >= MAXHOPS;
    }
}
