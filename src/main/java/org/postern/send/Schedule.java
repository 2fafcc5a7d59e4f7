package org.postern.send;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.queue.MessageName;

/** The messages that are not open: which of them is next, and when each is tried again. Guarded by the sender's lock. */
final class Schedule {
    private final SenderClock clock;
    private final Lanes lanes;
    private final BackOff localBackOff;
    private final BackOff remoteBackOff;
    private final PriorityQueue<Entry> waiting = new PriorityQueue<>();
    private final ArrayDeque<Entry> arrived = new ArrayDeque<>();
    private final Set<Entry> held = new LinkedHashSet<>();
    private boolean arrivedFirst;
    /** The one that {@link #next} gave last, until {@link #opened}. */
    private @Nullable Entry opening;

    Schedule(SenderClock clock, Lanes lanes) {
        this.clock = clock;
        this.lanes = lanes;
        localBackOff = new BackOff(BackOff.LOCAL_SKIP, BackOff.JITTER, clock.random());
        remoteBackOff = new BackOff(BackOff.REMOTE_SKIP, BackOff.JITTER, clock.random());
    }

    /** Those that were in the queue at the start. */
    void addAll(List<Entry> found) {
        found.forEach(this::add);
    }

    /** It waits for its time, or to be released. */
    void add(Entry entry) {
        if (entry.held && entry.order == null) {
            held.add(entry);
        } else {
            waiting.add(entry);
        }
    }

    void arrived(MessageName name) {
        arrived.add(new Entry(name, true, clock.now()));
    }

    /** The next message that is due. What arrived and what waited take turns: a flood of the one does not stop the other. */
    @Nullable
    Entry next() {
        arrivedFirst = !arrivedFirst;
        Entry entry = arrivedFirst ? arrived.poll() : nextWaiting();
        if (entry == null) {
            entry = arrivedFirst ? nextWaiting() : arrived.poll();
        }
        opening = entry;
        return entry;
    }

    /** What next gave is somewhere else now. */
    void opened() {
        opening = null;
    }

    @Nullable
    Entry opening() {
        return opening;
    }

    private @Nullable Entry nextWaiting() {
        Entry entry = lanes.unpark();
        Instant now = clock.now();
        while (entry == null && !waiting.isEmpty() && !waiting.peek().due().isAfter(now)) {
            Entry due = waiting.remove();
            Destination.Key key = due.destination;
            if (key != null && lanes.of(key).mustPark(key)) {
                lanes.of(key).park(due, key, true);
            } else {
                entry = due;
            }
        }
        return entry;
    }

    /** When the next of those that wait is due; {@link Instant#MAX} where none waits. */
    Instant nextDue() {
        Entry first = waiting.peek();
        return first == null ? Instant.MAX : first.due();
    }

    /** Everything is due now. */
    void allNow() {
        List<Entry> all = new ArrayList<>(waiting);
        waiting.clear();
        Instant now = clock.now();
        all.forEach(entry -> entry.dueAt(now));
        waiting.addAll(all);
    }

    /** These are due now, where they wait. */
    void now(Set<Entry> wanted) {
        Set<Entry> due = new HashSet<>();
        waiting.removeIf(entry -> wanted.contains(entry) && due.add(entry));
        Instant now = clock.now();
        due.forEach(entry -> entry.dueAt(now));
        waiting.addAll(due);
    }

    void later(Entry entry, Duration pause) {
        entry.dueAt(clock.now().plus(pause));
        add(entry);
    }

    /** A message that was not tried, all of which goes to a destination that has had what it may have in an hour. */
    void held(Entry entry, Instant until) {
        entry.dueRemote = until;
        waiting.add(entry);
    }

    /** A message of which everyone who was due was tried, and somebody is left. */
    void again(Job job) {
        Entry entry = job.entry;
        Instant birth = job.message.taken();
        entry.dueLocal = due(job.local, entry.dueLocal, localBackOff, birth);
        entry.dueRemote = due(job.remote, entry.dueRemote, remoteBackOff, birth);
        Destination.Key crowd = job.crowd;
        if (crowd != null && !entry.held && !(crowd.remote() ? job.remote : job.local).deferred) {
            lanes.of(crowd).park(entry, crowd, true);
        } else {
            add(entry);
        }
    }

    private Instant due(Job.Channel channel, Instant before, BackOff backOff, Instant birth) {
        Instant held = channel.heldUntil;
        if (channel.deferred) {
            Instant again = backOff.next(birth, clock.now());
            return held != null && held.isBefore(again) ? held : again;
        }
        if (channel.crowded) {
            return clock.now();
        }
        if (held != null) {
            return held;
        }
        if (!channel.left) {
            return Entry.NEVER;
        }
        // There was none of them before: a changed route has made them such, and they are due.
        return before.equals(Entry.NEVER) ? clock.now() : before;
    }

    /** All that wait for their time. */
    List<Entry> waiting() {
        return new ArrayList<>(waiting);
    }

    /** All messages that are known and neither parked nor open. */
    List<Entry> all() {
        List<Entry> all = new ArrayList<>(waiting);
        all.addAll(arrived);
        all.addAll(held);
        if (opening != null) {
            all.add(opening);
        }
        return all;
    }

    /** Takes these out; adds those that were there to the other set. The one being opened is not. */
    void withdraw(Set<Entry> wanted, Set<Entry> taken) {
        waiting.removeIf(entry -> wanted.contains(entry) && taken.add(entry));
        arrived.removeIf(entry -> wanted.contains(entry) && taken.add(entry));
        held.removeIf(entry -> wanted.contains(entry) && taken.add(entry));
    }
}
