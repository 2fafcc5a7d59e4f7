package org.postern.send;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.mail.DeliveryResult;

/**
 * The deliveries of one channel, local or remote: at most so many at a time, and fair among destinations (docs/adr/0028).
 * Destinations take turns, by {@link Pace}: slow ones together have half of the deliveries at most, with the unknown ones
 * three quarters, so that those which answer soon always find one. Of what its pace has left, a destination gets
 * another delivery only while it has fewer under way than are free; a prompt one while it has less than three times
 * as many. Guarded by the sender's lock.
 */
final class Lane {
    /** A destination with so many recipients waiting gets no more messages opened. */
    static final int ENOUGH = 50;
    /** With so few it does. */
    static final int FEW = 10;
    /** No more messages are opened for destinations of a pace while so many of their recipients wait for a delivery, */
    static final int MAX_WAITING = 5000;
    /** nor for any while the envelopes of open ones take so many octets. */
    static final long MAX_ENVELOPES = Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 16);

    /** What a prompt destination may have under way for each delivery that is free. */
    private static final int PROMPT_SHARE = 3;

    private static final Pace[] PACES = Pace.values();

    final int limit;
    private final HourCounts counts;
    private final Map<Destination.Key, Destination> destinations = new HashMap<>();
    private final Pool prompt = new Pool();
    private final Pool unknown = new Pool();
    private final Pool slow = new Pool();
    private final Paces paces = new Paces();
    private int turn;
    private long envelopes;

    Lane(int limit, HourCounts counts) {
        this.limit = limit;
        this.counts = counts;
    }

    private Pool pool(Pace pace) {
        return switch (pace) {
            case PROMPT -> prompt;
            case UNKNOWN -> unknown;
            case SLOW -> slow;
        };
    }

    /** Deliveries under way. */
    int active() {
        return prompt.active + unknown.active + slow.active;
    }

    /** Recipients that wait for their turn. */
    int waiting() {
        return prompt.waiting + unknown.waiting + slow.waiting;
    }

    private boolean isFull(Pace pace) {
        return envelopes >= MAX_ENVELOPES || pool(pace).waiting >= MAX_WAITING;
    }

    /** No more messages are to be opened for this lane, wherever they go. */
    boolean isFull() {
        return isFull(Pace.PROMPT);
    }

    /** A message that was opened takes so many octets; less than 0 when it is closed. */
    void addEnvelope(long octets) {
        envelopes += octets;
    }

    /** @param triedBefore the message was in the queue for a while already: an unknown destination is presumed slow */
    private Destination destination(Destination.Key key, boolean triedBefore) {
        return destinations.computeIfAbsent(key, k -> new Destination(k, pace(k, triedBefore)));
    }

    private Pace pace(Destination.Key key, boolean triedBefore) {
        Destination d = destinations.get(key);
        return d != null ? d.pace : paces.of(key, triedBefore ? Pace.SLOW : Pace.UNKNOWN);
    }

    /** Whether a recipient with this destination may be {@link #add}ed. */
    boolean hasRoom(Destination.Key key, boolean triedBefore) {
        return !isFull(pace(key, triedBefore));
    }

    void add(Work work, boolean triedBefore) {
        Destination d = destination(work.key(), triedBefore);
        d.place = work.place();
        pool(d.pace).add(d, work);
    }

    /** There is enough to do for this destination. */
    boolean hasEnough(Destination.Key key) {
        Destination d = destinations.get(key);
        return d != null && d.works.size() >= ENOUGH;
    }

    /** A message that becomes due queues up behind those that are parked. */
    boolean mustPark(Destination.Key key) {
        Destination d = destinations.get(key);
        return !hasRoom(key, true) || (d != null && (d.works.size() >= ENOUGH || !d.parked.isEmpty()));
    }

    void park(Entry entry, Destination.Key key, boolean triedBefore) {
        Destination d = destination(key, triedBefore);
        pool(d.pace).park(d, entry);
    }

    /** All that are parked. */
    List<Entry> parked() {
        List<Entry> all = new ArrayList<>();
        for (Pace pace : PACES) {
            pool(pace).withParked().forEach(d -> all.addAll(d.parked));
        }
        return all;
    }

    /** When the destination of this recipient gets its next message; null where it need not wait. */
    @Nullable
    Instant waitsUntil(Work work) {
        return counts.waitsUntil(work.place());
    }

    /** A parked message whose destination has little left to do. */
    @Nullable
    Entry unpark() {
        for (Pace pace : PACES) {
            Destination d = isFull(pace) ? null : pool(pace).nextParked(this::mayUnpark);
            if (d != null) {
                Entry entry = pool(pace).unpark(d);
                forgetIfIdle(d);
                return entry;
            }
        }
        return null;
    }

    private boolean mayUnpark(Destination d) {
        return d.works.size() < FEW && counts.waitsUntil(d.place) == null;
    }

    /** Takes out what is parked of these messages; adds it to the other set. */
    void unparkAll(Set<Entry> wanted, Set<Entry> taken) {
        for (Destination d : List.copyOf(destinations.values())) {
            pool(d.pace).unpark(d, entry -> wanted.contains(entry) && taken.add(entry));
            forgetIfIdle(d);
        }
    }

    /** Takes back the recipients of these jobs that have no delivery yet; counts them. */
    void recall(Set<Job> jobs, Map<Job, Integer> recalled) {
        for (Destination d : List.copyOf(destinations.values())) {
            pool(d.pace).recall(d, work -> {
                boolean wanted = jobs.contains(work.job());
                if (wanted) {
                    recalled.merge(work.job(), 1, Integer::sum);
                }
                return wanted;
            });
            forgetIfIdle(d);
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
        for (int i = 0; i < PACES.length; i++) {
            Pace pace = PACES[turn];
            turn = (turn + 1) % PACES.length;
            int free = free(pace);
            Destination d = free <= 0 ? null : pool(pace).next(each -> mayStart(each, free));
            if (d != null) {
                return pool(pace).start(d);
            }
        }
        return null;
    }

    /** How many more deliveries destinations of this pace may have together. */
    private int free(Pace pace) {
        return switch (pace) {
            case PROMPT -> limit - active();
            case UNKNOWN -> Math.min(free(Pace.PROMPT), limit - limit / 4 - slow.active - unknown.active);
            case SLOW -> Math.min(free(Pace.UNKNOWN), limit - limit / 2 - slow.active);
        };
    }

    private boolean mayStart(Destination d, int free) {
        int connections = d.place.limit().connections();
        return d.active < (d.pace == Pace.PROMPT ? PROMPT_SHARE * free : free)
                && (connections == 0 || d.active < connections)
                && counts.hasRoom(d.place, d.active);
    }

    /**
     * A delivery has ended. A deferred message does not count for the hour.
     *
     * @param took how long it was under way
     * @return those that must wait now, since it was the last message of the hour: they are not in the lane any more
     */
    List<Work> ended(Work work, DeliveryResult result, Duration took) {
        paces.learn(work.key(), result, took);
        switch (result) {
            case DeliveryResult.Delivered _, DeliveryResult.Bounced _ -> counts.count(work.place());
            case DeliveryResult.Deferred _ -> {}
        }
        List<Work> waiting = List.of();
        Destination d = destinations.get(work.key());
        if (d != null) {
            pool(d.pace).ended(d);
            Pace now = paces.of(d.key, d.pace);
            if (now != d.pace) {
                pool(d.pace).leave(d);
                d.pace = now;
                pool(now).enter(d);
            }
            if (counts.waitsUntil(d.place) != null) {
                waiting = pool(d.pace).clear(d);
            }
            forgetIfIdle(d);
        }
        return waiting;
    }
}
