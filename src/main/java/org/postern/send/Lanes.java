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
    Lanes(SendSettings settings) {
        this(new Lane(settings.concurrencylocal()), new Lane(settings.concurrencyremote()));
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

    /** One of them that would go into a lane that is full: a backlog of one channel must not stop the other. */
    Destination.@Nullable Key toFullOne(List<Work> works) {
        return works.stream()
                .map(Work::key)
                .filter(key -> of(key).isFull())
                .findFirst()
                .orElse(null);
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
