package org.postern.mail;

import java.util.List;

/**
 * Who sent a message and who gets it.
 *
 * @param sender the reverse-path, an octet string; empty for a bounce, {@code #@[]} for a double bounce (qmail)
 * @param recipients the forward-paths, octet strings, in the order given; duplicates are kept
 */
public record Envelope(String sender, List<String> recipients) {
    public Envelope {
        recipients = List.copyOf(recipients);
    }
}
