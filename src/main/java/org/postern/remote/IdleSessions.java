package org.postern.remote;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.postern.config.SmtpRoute;

/**
 * Sessions between two messages. One is kept only where more mail went to the same host just before or meanwhile; a single
 * message is followed by QUIT at once.
 */
final class IdleSessions {
    private static final Duration IDLE = Duration.ofSeconds(2);
    private static final Duration LIFE = Duration.ofMinutes(5);
    private static final int MOST_MESSAGES = 100;
    private static final int MOST_KEPT = 200;
    private static final int MOST_REMEMBERED = 1000;
    private static final Duration LOOK = Duration.ofMillis(250);

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Key, ArrayDeque<Held>> idle = new HashMap<>();
    private final Map<Key, Starts> starts = new LinkedHashMap<>();
    private int kept;
    private boolean watched;
    private boolean closed;

    /** With whom, under which policy and login, and as whom. */
    record Key(InetSocketAddress address, SmtpRoute route, String helohost) {}

    /** When the latest two deliveries began, by nanoTime. */
    private record Starts(long last, long before) {}

    /** A session in use, or at rest. */
    static final class Held {
        final SmtpClient client;
        private final Key key;
        private final long opened = System.nanoTime();
        private long began;
        private long idleSince;
        private int messages;

        Held(SmtpClient client, Key key) {
            this.client = client;
            this.key = key;
        }

        /** Whether a message has gone over it. */
        boolean isReused() {
            return messages > 0;
        }
    }

    /** One that is at rest. */
    Optional<Held> take(Key key) {
        lock.lock();
        try {
            ArrayDeque<Held> all = idle.get(key);
            if (all == null) {
                return Optional.empty();
            }
            Held held = all.removeLast();
            kept--;
            if (all.isEmpty()) {
                idle.remove(key);
            }
            return Optional.of(held);
        } finally {
            lock.unlock();
        }
    }

    /** A delivery over this session begins. */
    void begins(Held held) {
        long now = System.nanoTime();
        held.began = now;
        lock.lock();
        try {
            Starts known = starts.remove(held.key);
            starts.put(held.key, new Starts(now, known == null ? now - IDLE.toNanos() - 1 : known.last));
            Iterator<Key> oldest = starts.keySet().iterator();
            if (starts.size() > MOST_REMEMBERED) {
                oldest.next();
                oldest.remove();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The message is done, and the session is where another can begin: it is kept, or ended. */
    void ended(Held held) {
        held.messages++;
        if (!keep(held)) {
            quit(held);
        }
    }

    private boolean keep(Held held) {
        long now = System.nanoTime();
        lock.lock();
        try {
            Starts known = starts.get(held.key);
            boolean demand = known != null && (known.last != held.began || held.began - known.before <= IDLE.toNanos());
            if (closed
                    || !demand
                    || held.messages >= MOST_MESSAGES
                    || now - held.opened > LIFE.toNanos()
                    || kept >= MOST_KEPT) {
                return false;
            }
            held.idleSince = now;
            idle.computeIfAbsent(held.key, _ -> new ArrayDeque<>()).add(held);
            kept++;
            if (!watched) {
                watched = true;
                Thread.ofVirtual().name("idle-sessions").start(this::watch);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Ends what rests too long, for as long as anything rests. */
    private void watch() {
        while (true) {
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            List<Held> over = new ArrayList<>();
            boolean more;
            lock.lock();
            try {
                long now = System.nanoTime();
                idle.values().removeIf(all -> {
                    while (!all.isEmpty() && now - all.getFirst().idleSince > IDLE.toNanos()) {
                        over.add(all.removeFirst());
                    }
                    return all.isEmpty();
                });
                kept -= over.size();
                more = !idle.isEmpty();
                watched = more;
            } finally {
                lock.unlock();
            }
            over.forEach(IdleSessions::quit);
            if (!more) {
                return;
            }
        }
    }

    /** Ends all; none is kept from now on. */
    void close() {
        List<Held> all = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            idle.values().forEach(all::addAll);
            idle.clear();
            kept = 0;
        } finally {
            lock.unlock();
        }
        all.forEach(IdleSessions::quit);
    }

    private static void quit(Held held) {
        try {
            held.client.close();
        } catch (IOException e) {
            // Every message has its answer; how the connection ends changes nothing.
            held.client.drop();
        }
    }
}
