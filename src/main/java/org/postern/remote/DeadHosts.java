package org.postern.remote;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Hosts that did not answer, left alone for a while: after two connections that timed out, at least two minutes apart,
 * none is tried for an hour (qmail-tcpto(8)). {@link DeadHostsFile} keeps them over a restart.
 */
final class DeadHosts {
    /** A time-out within this of the one before is the same outage. */
    private static final Duration SAME = Duration.ofMinutes(2);

    private static final Duration LEFT_ALONE = Duration.ofHours(1);
    private static final int ENOUGH = 2;
    /** The one that timed out the longest ago is forgotten first. */
    static final int MOST = 1000;

    private final InstantSource clock;
    private final Runnable onChange;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<InetSocketAddress, TimedOut> hosts = new LinkedHashMap<>();

    /** @param onChange called, quickly done, when it would be worth while to write them down */
    DeadHosts(InstantSource clock, Runnable onChange) {
        this.clock = clock;
        this.onChange = onChange;
    }

    /** @param asked when somebody asked for this try: a time-out from before does not stand in its way */
    boolean leaveAlone(InetSocketAddress host, Instant asked) {
        lock.lock();
        try {
            TimedOut known = hosts.get(host);
            return known != null
                    && known.count() >= ENOUGH
                    && clock.instant().isBefore(known.last().plus(LEFT_ALONE))
                    && !known.last().isBefore(asked);
        } finally {
            lock.unlock();
        }
    }

    void timedOut(InetSocketAddress host) {
        Instant now = clock.instant();
        boolean counted;
        lock.lock();
        try {
            TimedOut known = hosts.remove(host);
            counted = known == null || !now.isBefore(known.last().plus(SAME));
            int before = known == null ? 0 : known.count();
            hosts.put(
                    host,
                    known == null || counted ? new TimedOut(host, Math.min(before + 1, TimedOut.MOST), now) : known);
            forgetTooMany();
        } finally {
            lock.unlock();
        }
        if (counted) {
            onChange.run();
        }
    }

    private void forgetTooMany() {
        Iterator<InetSocketAddress> oldest = hosts.keySet().iterator();
        while (hosts.size() > MOST && oldest.hasNext()) {
            oldest.next();
            oldest.remove();
        }
    }

    void answered(InetSocketAddress host) {
        boolean known;
        lock.lock();
        try {
            known = hosts.remove(host) != null;
        } finally {
            lock.unlock();
        }
        if (known) {
            onChange.run();
        }
    }

    /** Every host may be tried again. */
    void clear() {
        lock.lock();
        try {
            hosts.clear();
        } finally {
            lock.unlock();
        }
    }

    /** To be kept over a restart, the latest last. */
    List<TimedOut> all() {
        lock.lock();
        try {
            return List.copyOf(hosts.values());
        } finally {
            lock.unlock();
        }
    }

    /** Takes what was kept; not what lies in the future, after a clock that went wrong. */
    void take(List<TimedOut> kept) {
        Instant now = clock.instant();
        lock.lock();
        try {
            kept.stream().filter(host -> !host.last().isAfter(now)).forEach(host -> hosts.put(host.host(), host));
            forgetTooMany();
        } finally {
            lock.unlock();
        }
    }
}
