package org.postern.queue;

/** Where a message comes from: the queue's Received line says so. */
public enum Origin {
    /** A program of this machine: {@code invoked by uid N}. */
    LOCAL,
    /** qmail-smtpd: {@code invoked from network}. */
    NETWORK,
    /** The sender itself: {@code invoked for bounce}. */
    BOUNCE
}
