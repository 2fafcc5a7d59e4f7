package org.postern.mail;

/**
 * One message for one recipient.
 *
 * @param deliveryId stable for this message and recipient across crashes, safe in a file name
 * @param sender the reverse-path, an octet string; empty for a bounce
 * @param recipient the address as routed, e.g. with what virtualdomains prepends
 * @param message the text as queued
 * @param dsn what the sender says of notices about the message
 * @param dsnRcpt what he wants to hear of this recipient
 */
public record Delivery(
        String deliveryId, String sender, String recipient, MessageSource message, DsnMail dsn, DsnRcpt dsnRcpt) {
    /** One whose sender says nothing of notices. */
    public Delivery(String deliveryId, String sender, String recipient, MessageSource message) {
        this(deliveryId, sender, recipient, message, DsnMail.NONE, DsnRcpt.NONE);
    }
}
