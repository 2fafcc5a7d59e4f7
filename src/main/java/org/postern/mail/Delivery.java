package org.postern.mail;

import java.time.Instant;

/**
 * One message for one recipient.
 *
 * @param deliveryId stable for this message and recipient across crashes, safe in a file name
 * @param sender the reverse-path, an octet string; empty for a bounce
 * @param recipient the address as routed, e.g. with what virtualdomains prepends
 * @param message the text as queued
 * @param provenance whose mail it is
 * @param dsn what the sender says of notices about the message
 * @param dsnRcpt what he wants to hear of this recipient
 * @param smtputf8 whether addresses and header may be UTF-8 (RFC 6531): the sender has said so
 * @param asked when an administrator asked for this try: what failed before then does not keep from it; {@link
 *     Instant#MIN} where nobody did
 */
public record Delivery(
        String deliveryId,
        String sender,
        String recipient,
        MessageSource message,
        Provenance provenance,
        DsnMail dsn,
        DsnRcpt dsnRcpt,
        boolean smtputf8,
        Instant asked) {
    /** One for any host, that nobody asked for. */
    public Delivery(
            String deliveryId,
            String sender,
            String recipient,
            MessageSource message,
            Provenance provenance,
            DsnMail dsn,
            DsnRcpt dsnRcpt) {
        this(deliveryId, sender, recipient, message, provenance, dsn, dsnRcpt, false, Instant.MIN);
    }

    /** One whose sender says nothing of notices. */
    public Delivery(String deliveryId, String sender, String recipient, MessageSource message, Provenance provenance) {
        this(deliveryId, sender, recipient, message, provenance, DsnMail.NONE, DsnRcpt.NONE);
    }

    /** One of a stranger's message. */
    public Delivery(String deliveryId, String sender, String recipient, MessageSource message) {
        this(deliveryId, sender, recipient, message, Provenance.STRANGER);
    }
}
