package org.postern.queue;

import java.time.Instant;
import java.util.BitSet;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

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
        Recipients recipients) {
    /**
     * One recipient.
     *
     * @param number its place in the envelope
     * @param finished it has the message, or has refused it for good
     */
    public record Recipient(int number, String address, boolean finished) {}

    static Listed of(
            MessageName name, long size, StoredEnvelope envelope, @Nullable BitSet finished, boolean failures) {
        StoredEnvelope.Facts facts = envelope.facts();
        return new Listed(
                name,
                size,
                Instant.ofEpochSecond(facts.taken()),
                facts.uid(),
                facts.told(),
                facts.origin() == Origin.BOUNCE,
                failures,
                envelope.sender(),
                new Recipients(envelope, finished));
    }

    /** How many are still to be tried. */
    public int left() {
        return recipients.left();
    }

    /** All recipients in their order, made as they are gone through: a million of them take no more than their octets. */
    public static final class Recipients implements Iterable<Recipient> {
        private final StoredEnvelope envelope;
        private final @Nullable BitSet finished;

        private Recipients(StoredEnvelope envelope, @Nullable BitSet finished) {
            this.envelope = envelope;
            this.finished = finished;
        }

        public int count() {
            return envelope.recipients();
        }

        int left() {
            return count() - (finished == null ? 0 : finished.cardinality());
        }

        @Override
        public Iterator<Recipient> iterator() {
            StoredEnvelope.Cursor cursor = envelope.cursor();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return cursor.hasNext();
                }

                @Override
                public Recipient next() {
                    int number = cursor.index();
                    return new Recipient(number, cursor.next(), finished != null && finished.get(number));
                }
            };
        }
    }
}
