package org.postern.pop3d;

/** How far into a message TOP goes: its header, the blank line, and so many lines of the body (RFC 1939 §7). */
final class TopLines {
    private long bodyLinesLeft;
    private boolean inHeader = true;
    private boolean complete;
    private long lineOctets;
    private byte last = '\n';

    /** @param bodyLines how many lines below the header are wanted; {@link Long#MAX_VALUE} is all */
    TopLines(long bodyLines) {
        bodyLinesLeft = bodyLines;
    }

    /** All that is wanted has been seen. */
    boolean isComplete() {
        return complete;
    }

    /** How many of the next octets are wanted. */
    int wanted(byte[] from, int count) {
        for (int i = 0; i < count; i++) {
            if (complete) {
                return i;
            }
            if (from[i] == '\n') {
                endLine();
            } else {
                lineOctets++;
            }
            last = from[i];
        }
        return count;
    }

    private void endLine() {
        boolean empty = lineOctets == 0 || (lineOctets == 1 && last == '\r');
        lineOctets = 0;
        if (!inHeader) {
            bodyLinesLeft--;
        } else if (empty) {
            inHeader = false;
        }
        complete = !inHeader && bodyLinesLeft == 0;
    }
}
