package org.postern.mail;

/**
 * One message for one recipient.
 *
 * @param deliveryId stable for this message and recipient across crashes, safe in a file name
 * @param sender the reverse-path, an octet string; empty for a bounce
 * @param recipient the address as routed, e.g. with what virtualdomains prepends
 * @param message the text as queued
 * @param provenance whose mail it is
 */
public record Delivery(
        String deliveryId, String sender, String recipient, MessageSource message, Provenance provenance) {
    /** One of a stranger's message. */
    public Delivery(String deliveryId, String sender, String recipient, MessageSource message) {
        this(deliveryId, sender, recipient, message, Provenance.STRANGER);
    }
}
