package org.postern.mail;

import java.util.List;

/**
 * Who sent a message and who gets it, and what the sender wants to hear of it.
 *
 * @param sender the reverse-path, an octet string; empty for a bounce, {@code #@[]} for a double bounce (qmail)
 * @param recipients the forward-paths, octet strings, in the order given; duplicates are kept
 * @param dsnRcpts one for each recipient, in the same order; none at all where the sender said nothing of any
 * @param smtputf8 whether addresses and header may be UTF-8 (RFC 6531): the sender has said so
 */
public record Envelope(String sender, List<String> recipients, DsnMail dsn, List<DsnRcpt> dsnRcpts, boolean smtputf8) {
    public Envelope {
        recipients = List.copyOf(recipients);
        dsnRcpts = dsnRcpts.stream().allMatch(DsnRcpt.NONE::equals) ? List.of() : List.copyOf(dsnRcpts);
        if (!dsnRcpts.isEmpty() && dsnRcpts.size() != recipients.size()) {
            throw new IllegalArgumentException(dsnRcpts.size() + " wishes of " + recipients.size() + " recipients");
        }
    }

    /** One for any host. */
    public Envelope(String sender, List<String> recipients, DsnMail dsn, List<DsnRcpt> dsnRcpts) {
        this(sender, recipients, dsn, dsnRcpts, false);
    }

    /** One whose sender says nothing of notices. */
    public Envelope(String sender, List<String> recipients) {
        this(sender, recipients, DsnMail.NONE, List.of());
    }

    /** What the sender wants to hear of the recipient of this number. */
    public DsnRcpt dsnRcpt(int recipient) {
        return dsnRcpts.isEmpty() ? DsnRcpt.NONE : dsnRcpts.get(recipient);
    }
}
