package org.postern.mail;

/** Whose mail a message is. */
public enum Provenance {
    /** A program of this machine handed it in: its own, or what it had received and sends on. */
    PROGRAM,
    /** A client with the right to relay sent it, or it is a bounce of ours: the site's own. */
    OWN,
    /** It came from a host without the right to relay, for a domain that mail is taken for. */
    STRANGER
}
