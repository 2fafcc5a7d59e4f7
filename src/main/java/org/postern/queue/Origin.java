package org.postern.queue;

import java.util.Locale;

/** Where a message comes from: the queue's Received line says so. */
public enum Origin {
    /** A program of this machine: {@code invoked by uid N}. */
    LOCAL,
    /** qmail-smtpd, for a client without the right to relay: {@code invoked from network}. */
    NETWORK,
    /** qmail-smtpd, for a client that may relay: the same words, but what he sends is the site's own. */
    CLIENT,
    /** The sender itself: {@code invoked for bounce}. */
    BOUNCE;

    /** As a submitter calls it on the socket. */
    String claim() {
        return name().toLowerCase(Locale.ROOT);
    }
}
