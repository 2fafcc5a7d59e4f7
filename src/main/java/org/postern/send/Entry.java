package org.postern.send;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.postern.queue.Marks;
import org.postern.queue.MessageName;
import org.postern.queue.Outline;

/** What is kept in memory of a message that waits: some 200 octets, whatever its size. Guarded by the sender's lock. */
final class Entry implements Comparable<Entry> {
    final MessageName name;
    /** Arrived since the start: the log has not had it yet. */
    boolean isNew;
    /** When its local and its remote recipients are due; {@link #NEVER} where it has none of them left. */
    Instant dueLocal;

    Instant dueRemote;
    /** Where all that is left of it goes, once that is known and one destination. */
    Destination.@Nullable Key destination;
    /** Marks of which not all could be written. */
    @Nullable
    Marks unsaved;

    /** Not to be tried: an administrator holds it. */
    boolean held;
    /** What is to be done before it is opened again. */
    @Nullable
    Dropping order;
    /** Its envelope, where that is known and small. Written under the lock or not: all are right. */
    volatile @Nullable Outline outline;
    /** When an administrator last asked for a try; {@link Instant#MIN}: never. Written under the lock. */
    volatile Instant asked = Instant.MIN;
    /** What was said at the last deferral. */
    @Nullable
    String report;

    static final Instant NEVER = Instant.MAX;
    /** Shorter than the first interval of the back-off. */
    private static final Duration TRIED = Duration.ofMinutes(5);

    Entry(MessageName name, boolean isNew, Instant due) {
        this.name = name;
        this.isNew = isNew;
        dueLocal = due;
        dueRemote = due;
    }

    /** It has been there for so long, by its id, that it was tried, and in vain. */
    boolean wasTried(Instant now) {
        return name.id() / 1_000_000 < now.minus(TRIED).getEpochSecond();
    }

    Instant due() {
        return dueLocal.isBefore(dueRemote) ? dueLocal : dueRemote;
    }

    void dueAt(Instant when) {
        dueLocal = when;
        dueRemote = when;
    }

    /** The soonest due first; of those due at once the oldest. */
    @Override
    public int compareTo(Entry other) {
        int byDue = due().compareTo(other.due());
        return byDue != 0 ? byDue : Long.compare(name.id(), other.name.id());
    }
}
