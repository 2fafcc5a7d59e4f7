package org.postern.smtpd;

import java.time.Instant;
import java.util.UUID;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.queue.ReceivedLine;

/**
 * Passes a user's message on, and adds Date and Message-ID below its header where they are missing (RFC 6409 §8.2,
 * §8.3). A text without a header gets one. Nothing is kept but the beginning of a line.
 */
final class SubmittedHeader {
    /** RFC 5322 §2.1.1: no line should be longer, so no name is. */
    private static final int LONGEST_NAME = 998;

    private final Intake.Draft draft;
    private final String host;
    private final Instant now;
    private final StringBuilder name = new StringBuilder();
    private Where where = Where.FIRST_LINE;
    private boolean dated;
    private boolean identified;

    private enum Where {
        FIRST_LINE,
        /** At the beginning of a line, or in a field's name. */
        NAME,
        VALUE,
        BODY
    }

    /**
     * At the beginning of a message.
     *
     * @param host stands in Message-ID
     * @param now stands in Date
     */
    SubmittedHeader(Intake.Draft draft, String host, Instant now) {
        this.draft = draft;
        this.host = host;
        this.now = now;
    }

    /** More of the message, lines ended by LF. */
    void write(byte[] piece, int length) {
        int at = 0;
        while (at < length) {
            at = switch (where) {
                case FIRST_LINE, NAME -> name(piece, at);
                case VALUE -> value(piece, at, length);
                case BODY -> {
                    draft.write(piece, at, length - at);
                    yield length;
                }
            };
        }
    }

    /** The message has no more. */
    void end() {
        if (where != Where.BODY) {
            add(missing());
            add(name.toString());
        }
    }

    private int name(byte[] piece, int at) {
        char c = (char) (piece[at] & 0xff);
        if (c == '\n' && name.isEmpty()) {
            add(missing());
            where = Where.BODY;
            return at; // the empty line is passed on with the body
        }
        boolean continued = name.isEmpty() && (c == ' ' || c == '\t') && where == Where.NAME;
        name.append(c);
        if (c == ':' && isField() || continued) {
            add(name.toString());
            name.setLength(0);
            where = Where.VALUE;
        } else if (c == ':' || c == '\n' || name.length() > LONGEST_NAME) {
            add(missing() + "\n" + name);
            where = Where.BODY;
        }
        return at + 1;
    }

    /** RFC 5322 §3.6.8: printable, and in its obsolete form (§4.5) with blanks before the colon. */
    private boolean isField() {
        String field = name.substring(0, name.length() - 1).stripTrailing();
        dated |= Octets.lowerCase(field).equals("date");
        identified |= Octets.lowerCase(field).equals("message-id");
        return !field.isEmpty() && field.chars().allMatch(c -> c > ' ' && c < 127);
    }

    private int value(byte[] piece, int from, int length) {
        int at = from;
        while (at < length && piece[at] != '\n') {
            at++;
        }
        if (at < length) {
            at++;
            where = Where.NAME;
        }
        draft.write(piece, from, at - from);
        return at;
    }

    private String missing() {
        return (dated ? "" : "Date: " + ReceivedLine.date(now) + "\n")
                + (identified ? "" : "Message-ID: <" + UUID.randomUUID() + "@" + host + ">\n");
    }

    private void add(String octets) {
        draft.write(Octets.bytes(octets), 0, octets.length());
    }
}
