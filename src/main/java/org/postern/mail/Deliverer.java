package org.postern.mail;

import java.io.Closeable;

/** Who brings a message to one recipient: into a Maildir, or to the next host. */
public interface Deliverer extends Closeable {
    /** Tries once, and says what became of it. */
    DeliveryResult deliver(Delivery d);

    /** Hosts that did not answer are tried again (qmail-tcpok(8)). */
    default void forgetTimeOuts() {}

    /** Ends what is kept from one delivery to the next; there are no more. */
    @Override
    default void close() {}
}
