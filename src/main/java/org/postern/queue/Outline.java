package org.postern.queue;

import java.util.BitSet;
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
        return Listed.of(name, size, StoredEnvelope.parse(envelope).orElseThrow(), finished, failures);
    }
}
