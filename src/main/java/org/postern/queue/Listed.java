package org.postern.queue;

import java.time.Instant;
import java.util.List;

/**
 * A message as a list of the queue shows it.
 *
 * @param size octets of the message, without its envelope
 * @param taken when it came into the queue
 * @param uid who handed it in
 * @param told the number he was told
 * @param isBounce whether it is a notice of a failure, made here
 * @param failures whether a recipient has refused it for good: there will be such a notice about it
 */
public record Listed(
        MessageName name,
        long size,
        Instant taken,
        int uid,
        long told,
        boolean isBounce,
        boolean failures,
        String sender,
        List<Recipient> recipients) {
    /**
     * One recipient.
     *
     * @param number its place in the envelope
     * @param finished it has the message, or has refused it for good
     */
    public record Recipient(int number, String address, boolean finished) {}

    public Listed {
        recipients = List.copyOf(recipients);
    }

    /** How many are still to be tried. */
    public int left() {
        return (int) recipients.stream().filter(r -> !r.finished).count();
    }
}
