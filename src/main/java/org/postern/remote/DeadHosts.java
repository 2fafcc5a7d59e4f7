package org.postern.remote;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Hosts that did not answer, left alone for a while: after two connections that timed out, at least two minutes apart,
 * none is tried for an hour (qmail-tcpto(8)). Kept in memory, for this process.
 */
final class DeadHosts {
    /** A time-out within this of the one before is the same outage. */
    private static final Duration SAME = Duration.ofMinutes(2);

    private static final Duration LEFT_ALONE = Duration.ofHours(1);
    private static final int ENOUGH = 2;
    private static final int MOST = 1000;

    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<InetSocketAddress, TimeOuts> hosts = new LinkedHashMap<>();

    private record TimeOuts(int count, Instant last) {}

    DeadHosts(InstantSource clock) {
        this.clock = clock;
    }

    boolean leaveAlone(InetSocketAddress host) {
        lock.lock();
        try {
            TimeOuts known = hosts.get(host);
            return known != null && known.count >= ENOUGH && clock.instant().isBefore(known.last.plus(LEFT_ALONE));
        } finally {
            lock.unlock();
        }
    }

    void timedOut(InetSocketAddress host) {
        Instant now = clock.instant();
        lock.lock();
        try {
            TimeOuts known = hosts.remove(host);
            TimeOuts changed = known == null
                    ? new TimeOuts(1, now)
                    : now.isBefore(known.last.plus(SAME)) ? known : new TimeOuts(known.count + 1, now);
            hosts.put(host, changed);
            Iterator<InetSocketAddress> oldest = hosts.keySet().iterator();
            while (hosts.size() > MOST && oldest.hasNext()) {
                oldest.next();
                oldest.remove();
            }
        } finally {
            lock.unlock();
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

    void answered(InetSocketAddress host) {
        lock.lock();
        try {
            hosts.remove(host);
        } finally {
            lock.unlock();
        }
    }
}
