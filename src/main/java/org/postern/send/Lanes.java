package org.postern.send;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.config.SendSettings;

/** The two channels, local and remote. Guarded by the sender's lock. */
record Lanes(Lane local, Lane remote) {
    Lanes(SendSettings settings, HourCounts counts) {
        this(new Lane(settings.concurrencylocal(), counts), new Lane(settings.concurrencyremote(), counts));
    }

    Lane of(Destination.Key key) {
        return key.remote() ? remote : local;
    }

    /** Deliveries under way. */
    int active() {
        return local.active() + remote.active();
    }

    /** In whose memory the message's envelope stands. */
    Lane of(Job job) {
        return job.countsAsRemote ? remote : local;
    }

    /** No more messages are to be opened. */
    boolean areFull() {
        return local.isFull() && remote.isFull();
    }

    private boolean hasRoom(Work work, boolean triedBefore) {
        return of(work.key()).hasRoom(work.key(), triedBefore);
    }

    /** A destination of theirs, where for none of them there is room: a message is opened for what can be done of it. */
    Destination.@Nullable Key crowd(List<Work> works, boolean triedBefore) {
        return works.isEmpty() || works.stream().anyMatch(work -> hasRoom(work, triedBefore))
                ? null
                : works.getFirst().key();
    }

    /** False where too many wait already for this destination, and those like it. */
    boolean add(Work work, boolean triedBefore) {
        boolean room = hasRoom(work, triedBefore);
        if (room) {
            of(work.key()).add(work, triedBefore);
        }
        return room;
    }

    /** The next recipient to be tried, which now has a delivery; null where none is free. */
    @Nullable
    Work start() {
        Work work = local.start();
        return work != null ? work : remote.start();
    }

    /** A parked message whose destination has little left to do. */
    @Nullable
    Entry unpark() {
        Entry entry = local.unpark();
        return entry != null ? entry : remote.unpark();
    }

    /** Takes out what is parked of these messages; adds it to the other set. */
    void unparkAll(Set<Entry> wanted, Set<Entry> taken) {
        local.unparkAll(wanted, taken);
        remote.unparkAll(wanted, taken);
    }

    /** Takes back the recipients of these jobs that have no delivery yet; says how many of each. */
    Map<Job, Integer> recall(Set<Job> jobs) {
        Map<Job, Integer> counts = new HashMap<>();
        local.recall(jobs, counts);
        remote.recall(jobs, counts);
        return counts;
    }

    List<Entry> parked() {
        List<Entry> all = new ArrayList<>(local.parked());
        all.addAll(remote.parked());
        return all;
    }
}
