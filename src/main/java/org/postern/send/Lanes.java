package org.postern.send;

import java.util.ArrayList;
import java.util.List;
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

    /** Recipients that wait for their turn. */
    int waiting() {
        return local.waiting() + remote.waiting();
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

    List<Entry> parked() {
        List<Entry> all = new ArrayList<>(local.parked());
        all.addAll(remote.parked());
        return all;
    }
}
