package org.postern.inject;

import java.util.Locale;
import java.util.Optional;
import org.postern.os.Octets;

/** The fields that qmail-inject treats in a way of their own (qmail-header(5)). */
enum FieldName {
    TO(Holds.RECIPIENTS),
    CC(Holds.RECIPIENTS),
    BCC(Holds.RECIPIENTS),
    APPARENTLY_TO(Holds.RECIPIENTS),
    RESENT_TO(Holds.RESENT_RECIPIENTS),
    RESENT_CC(Holds.RESENT_RECIPIENTS),
    RESENT_BCC(Holds.RESENT_RECIPIENTS),
    RETURN_PATH(Holds.ENVELOPE_SENDER),
    SENDER(Holds.SENDERS),
    FROM(Holds.SENDERS),
    REPLY_TO(Holds.SENDERS),
    RETURN_RECEIPT_TO(Holds.SENDERS),
    ERRORS_TO(Holds.SENDERS),
    RESENT_SENDER(Holds.SENDERS),
    RESENT_FROM(Holds.SENDERS),
    RESENT_REPLY_TO(Holds.SENDERS),
    DATE(Holds.TEXT),
    MESSAGE_ID(Holds.TEXT),
    RESENT_DATE(Holds.TEXT),
    RESENT_MESSAGE_ID(Holds.TEXT),
    MAIL_FOLLOWUP_TO(Holds.TEXT),
    CONTENT_LENGTH(Holds.TEXT);

    /** What the field is about. */
    enum Holds {
        RECIPIENTS,
        RESENT_RECIPIENTS,
        ENVELOPE_SENDER,
        SENDERS,
        TEXT
    }

    final Holds holds;
    private final String octets;

    FieldName(Holds holds) {
        this.holds = holds;
        octets = name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Which of them a field, or its beginning, has. */
    static Optional<FieldName> of(String field) {
        String wanted = Octets.lowerCase(name(field));
        for (FieldName known : values()) {
            if (known.octets.equals(wanted)) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }

    /** The name of a field as it is written: what is before its colon and the blanks there. */
    static String name(String field) {
        int end = Math.max(field.indexOf(':'), 0);
        while (end > 0 && (field.charAt(end - 1) == ' ' || field.charAt(end - 1) == '\t')) {
            end--;
        }
        return field.substring(0, end);
    }

    /** Whether a line begins a field: a name of printable characters, and a colon (RFC 822 §3.1.2). */
    static boolean begins(String line) {
        String name = name(line);
        return !name.isEmpty() && name.chars().allMatch(c -> c > ' ' && c < 127);
    }

    /** Any of these makes a message a resent one. */
    boolean isResent() {
        return name().startsWith("RESENT_");
    }
}
