package org.postern.send;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The destinations of one pace in a lane. Guarded by the sender's lock. */
final class Pool {
    /** Those with recipients that may be tried, in the order of their turns. */
    private final LinkedHashSet<Destination> turns = new LinkedHashSet<>();
    /** Those with messages that are not opened yet. */
    private final LinkedHashSet<Destination> withParked = new LinkedHashSet<>();

    private boolean newestTurn = true;
    private boolean newestParked = true;
    /** Deliveries under way. */
    int active;
    /** Recipients that wait for their turn. */
    int waiting;

    void enter(Destination d) {
        active += d.active;
        waiting += d.works.size();
        if (!d.works.isEmpty()) {
            turns.add(d);
        }
        if (!d.parked.isEmpty()) {
            withParked.add(d);
        }
    }

    void leave(Destination d) {
        active -= d.active;
        waiting -= d.works.size();
        turns.remove(d);
        withParked.remove(d);
    }

    void add(Destination d, Work work) {
        turns.add(d);
        d.works.add(work);
        waiting++;
    }

    void park(Destination d, Entry entry) {
        d.parked.add(entry);
        withParked.add(d);
    }

    /** A recipient of this destination, whose turn it is, gets a delivery. */
    Work start(Destination d) {
        Work work = d.works.remove();
        turns.remove(d);
        if (!d.works.isEmpty()) {
            turns.add(d);
        }
        waiting--;
        active++;
        d.active++;
        return work;
    }

    /**
     * Whose turn it is. Every other time it is the latest to come that has no delivery yet: behind 10,000 that do not
     * answer, one that would must not wait for all their time-outs.
     */
    @Nullable
    Destination next(Predicate<Destination> mayStart) {
        newestTurn = !newestTurn;
        if (newestTurn) {
            for (Destination d : turns.reversed()) {
                if (d.active == 0 && mayStart.test(d)) {
                    return d;
                }
            }
        }
        for (Destination d : turns) {
            if (mayStart.test(d)) {
                return d;
            }
        }
        return null;
    }

    /** A destination whose parked messages may be opened; every other time the latest to come. */
    @Nullable
    Destination nextParked(Predicate<Destination> mayUnpark) {
        newestParked = !newestParked;
        for (Destination d : newestParked ? withParked.reversed() : withParked) {
            if (mayUnpark.test(d)) {
                return d;
            }
        }
        return null;
    }

    /** Its message that has been parked for the longest time. */
    Entry unpark(Destination d) {
        Entry entry = d.parked.remove();
        if (d.parked.isEmpty()) {
            withParked.remove(d);
        }
        return entry;
    }

    /** None of its recipients is to be tried now. */
    List<Work> clear(Destination d) {
        List<Work> all = List.copyOf(d.works);
        waiting -= all.size();
        d.works.clear();
        turns.remove(d);
        return all;
    }

    /** Takes these messages out of those that are parked. */
    void unpark(Destination d, Predicate<Entry> wanted) {
        d.parked.removeIf(wanted);
        if (d.parked.isEmpty()) {
            withParked.remove(d);
        }
    }

    /** Takes these recipients back, which have no delivery yet. */
    void recall(Destination d, Predicate<Work> wanted) {
        int before = d.works.size();
        d.works.removeIf(wanted);
        waiting -= before - d.works.size();
        if (d.works.isEmpty()) {
            turns.remove(d);
        }
    }

    void ended(Destination d) {
        active--;
        d.active--;
    }

    /** Those with parked messages. */
    Iterable<Destination> withParked() {
        return withParked;
    }
}
