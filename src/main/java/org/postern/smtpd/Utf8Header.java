package org.postern.smtpd;

import org.postern.mail.Utf8;

/** Looks whether the header of a message is UTF-8 (RFC 6532 §3.2), piece by piece. */
final class Utf8Header {
    private final Utf8 utf8 = new Utf8();
    private boolean inHeader = true;
    private boolean lineIsEmpty = true;

    /** More of the message, lines ended by LF. */
    void scan(byte[] piece, int length) {
        for (int i = 0; i < length && inHeader; i++) {
            boolean lineEnds = piece[i] == '\n';
            inHeader = !(lineEnds && lineIsEmpty);
            lineIsEmpty = lineEnds;
            utf8.take(piece[i]);
        }
    }

    boolean isWrong() {
        return utf8.isWrong();
    }
}
