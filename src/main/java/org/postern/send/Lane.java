package org.postern.send;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries of one channel, local or remote: at most so many at a time, and fair among destinations. They take
 * turns, and one gets another delivery only while it has fewer under way than are free; so a slow one holds half of
 * them, a second one a quarter, and there is nearly always one for whoever else comes. Guarded by the sender's lock.
 */
final class Lane {
    /** A destination with so many recipients waiting gets no more messages opened. */
    static final int ENOUGH = 50;
    /** With so few it does. */
    static final int FEW = 10;
    /** No more messages are opened for this lane while so many recipients wait for a free delivery of it, */
    static final int MAX_WAITING = 5000;
    /** nor while the envelopes of its open ones take so many octets. */
    static final long MAX_ENVELOPES = 64 << 20;

    final int limit;
    private final Map<Destination.Key, Destination> destinations = new HashMap<>();
    private final Set<Destination> withParked = new LinkedHashSet<>();
    private final ArrayDeque<Destination> turns = new ArrayDeque<>();
    private int active;
    private int waiting;
    private long envelopes;

    Lane(int limit) {
        this.limit = limit;
    }

    int active() {
        return active;
    }

    /** Recipients that wait for their turn. */
    int waiting() {
        return waiting;
    }

    /** No more messages are to be opened for this lane. */
    boolean isFull() {
        return waiting >= MAX_WAITING || envelopes >= MAX_ENVELOPES;
    }

    /** A message that was opened takes so many octets; less than 0 when it is closed. */
    void addEnvelope(long octets) {
        envelopes += octets;
    }

    void add(Work work) {
        Destination d = destinations.computeIfAbsent(work.key(), Destination::new);
        if (d.works.isEmpty()) {
            turns.add(d);
        }
        d.works.add(work);
        waiting++;
    }

    /** There is enough to do for this destination. */
    boolean hasEnough(Destination.Key key) {
        Destination d = destinations.get(key);
        return d != null && d.works.size() >= ENOUGH;
    }

    /** A message that becomes due queues up behind those that are parked. */
    boolean mustPark(Destination.Key key) {
        Destination d = destinations.get(key);
        return isFull() || (d != null && (d.works.size() >= ENOUGH || !d.parked.isEmpty()));
    }

    void park(Entry entry, Destination.Key key) {
        Destination d = destinations.computeIfAbsent(key, Destination::new);
        d.parked.add(entry);
        withParked.add(d);
    }

    /** All that are parked. */
    List<Entry> parked() {
        List<Entry> all = new ArrayList<>();
        withParked.forEach(d -> all.addAll(d.parked));
        return all;
    }

    /** A parked message whose destination has little left to do. */
    @Nullable
    Entry unpark() {
        Iterator<Destination> all = withParked.iterator();
        while (all.hasNext() && !isFull()) {
            Destination d = all.next();
            if (d.works.size() < FEW) {
                Entry entry = d.parked.remove();
                if (d.parked.isEmpty()) {
                    all.remove();
                    forgetIfIdle(d);
                }
                return entry;
            }
        }
        return null;
    }

    /** Takes out what is parked of these messages; adds it to the other set. */
    void unparkAll(Set<Entry> wanted, Set<Entry> taken) {
        for (Destination d : List.copyOf(withParked)) {
            d.parked.removeIf(entry -> wanted.contains(entry) && taken.add(entry));
            if (d.parked.isEmpty()) {
                withParked.remove(d);
                forgetIfIdle(d);
            }
        }
    }

    /** Takes back the recipients of these jobs that have no delivery yet; counts them. */
    void recall(Set<Job> jobs, Map<Job, Integer> counts) {
        for (Destination d : List.copyOf(destinations.values())) {
            int before = d.works.size();
            d.works.removeIf(work -> {
                boolean wanted = jobs.contains(work.job());
                if (wanted) {
                    counts.merge(work.job(), 1, Integer::sum);
                }
                return wanted;
            });
            waiting -= before - d.works.size();
            if (before > 0 && d.works.isEmpty()) {
                turns.remove(d);
                forgetIfIdle(d);
            }
        }
    }

    private void forgetIfIdle(Destination d) {
        if (d.isIdle()) {
            destinations.remove(d.key);
        }
    }

    /** The next recipient to be tried, which now has a delivery; null where none is free, or none may have it. */
    @Nullable
    Work start() {
        for (int i = turns.size(); i > 0 && active < limit; i--) {
            Destination d = turns.remove();
            if (d.active < limit - active) {
                Work work = d.works.remove();
                if (!d.works.isEmpty()) {
                    turns.add(d);
                }
                waiting--;
                active++;
                d.active++;
                return work;
            }
            turns.add(d);
        }
        return null;
    }

    void ended(Work work) {
        active--;
        Destination d = destinations.get(work.key());
        if (d != null) {
            d.active--;
            forgetIfIdle(d);
        }
    }
}
