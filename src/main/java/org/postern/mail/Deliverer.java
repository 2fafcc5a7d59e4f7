package org.postern.mail;

/** Who brings a message to one recipient: into a Maildir, or to the next host. */
public interface Deliverer {
    /** Tries once, and says what became of it. */
    DeliveryResult deliver(Delivery d);
}
