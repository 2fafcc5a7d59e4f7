package org.postern.queue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A message's envelope as it is kept in memory for lists of the queue: the octets it has on disk. */
public final class Outline {
    /** A longer envelope is read from its file each time. */
    public static final int MOST_OCTETS = 512;

    private final byte[] envelope;
    private final long size;
    private final @Nullable BitSet finished;
    private final boolean failures;

    private Outline(byte[] envelope, long size, BitSet finished, boolean failures) {
        this.envelope = envelope;
        this.size = size;
        this.finished = finished.isEmpty() ? null : finished;
        this.failures = failures;
    }

    /** @param marks as they are now; null where there are none */
    Outline(byte[] envelope, long size, @Nullable Marks marks) {
        this(envelope, size, marks == null ? new BitSet() : marks.finished(), marks != null && marks.hasFailures());
    }

    /** Small enough to be kept for as long as the message waits. */
    public boolean isSmall() {
        return envelope.length <= MOST_OCTETS;
    }

    /** The same message, of which more recipients are finished. */
    public Outline with(Marks marks) {
        return new Outline(envelope, size, marks);
    }

    public Listed of(MessageName name) {
        StoredEnvelope stored = StoredEnvelope.parse(envelope).orElseThrow();
        List<Listed.Recipient> recipients = new ArrayList<>(stored.recipients());
        for (StoredEnvelope.Cursor all = stored.cursor(); all.hasNext(); ) {
            int number = all.index();
            recipients.add(new Listed.Recipient(number, all.next(), finished != null && finished.get(number)));
        }
        StoredEnvelope.Facts facts = stored.facts();
        return new Listed(
                name,
                size,
                Instant.ofEpochSecond(facts.taken()),
                facts.uid(),
                facts.told(),
                facts.origin() == Origin.BOUNCE,
                failures,
                stored.sender(),
                recipients);
    }
}
