package org.postern.queue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Log;
import org.postern.file.Disk;
import org.postern.file.SharedSync;
import org.postern.os.Errno;

/**
 * The messages that came lately, many to a file, so that all that come together share one sync. Most of them are delivered
 * within moments; what stays gets a file of its own in mess/, and the segments are removed, the oldest first: a later one may say
 * that a message of an earlier one is done (docs/queue.md, ADR 70).
 */
final class MessageLog implements Closeable {
    /** After so long the keeper looks whether there is something else to do. */
    private static final Duration ONE_GO = Duration.ofSeconds(5);
    /** At a clean stop, files are made for so long at most. */
    private static final Duration AT_STOP = Duration.ofSeconds(10);
    /** What came lately is read from memory, not from its segment: it is sent within moments. So many octets in all. */
    private static final int MOST_RECENT = 8 << 20;
    /** So many files share the sync of their directory. */
    private static final int FILES_AT_ONCE = 64;

    private final QueueDirectory queue;
    private final Disk disk;
    private final SharedSync mess;
    private final Log log;
    private final Patience patience;
    private final Leftovers left;
    private final LogWriter writer;
    private final Thread keeper;

    private final Deque<Segment> segments = new ArrayDeque<>();
    private final Map<MessageName, Stored> stored = new HashMap<>();
    private final Map<MessageName, byte[]> recent = new HashMap<>();
    private int recentOctets;
    /** Messages that are getting a file in this moment. */
    private final Set<MessageName> moving = new HashSet<>();

    private long troubleUntil = System.nanoTime();
    private boolean closed;

    /**
     * A message of which the log may say that it is here: until its end is written, or its segment is gone.
     *
     * @param kept the segment must stay for it. Not so where it is done, or its file counts
     * @param file there is, or may be, a file of it in mess/, which is removed with it
     */
    private record Stored(Segment segment, Place place, boolean kept, boolean file) {}

    MessageLog(
            QueueDirectory queue,
            Disk disk,
            SharedSync mess,
            Log log,
            LogRecovery found,
            Patience patience,
            Leftovers left) {
        this.queue = queue;
        this.disk = disk;
        this.mess = mess;
        this.log = log;
        this.patience = patience;
        this.left = left;
        for (Segment segment : found.segments()) {
            segments.add(segment);
        }
        found.messages().forEach((name, in) -> {
            stored.put(name, new Stored(in.segment(), in.place(), true, false));
            in.segment().kept++;
        });
        found.moved().forEach((name, in) -> stored.put(name, new Stored(in.segment(), in.place(), false, true)));
        writer = new LogWriter(queue.log(), disk, left, found.lastNumber(), new Account());
        keeper = Thread.ofPlatform().daemon().name("queue keeper").start(this::keep);
    }

    /** Returns when the message is on disk. */
    void add(MessageName name, byte[] octets) throws IOException {
        writer.message(name, octets);
        synchronized (this) {
            Stored at = stored.get(name);
            if (at != null && at.kept && recentOctets + octets.length <= MOST_RECENT) {
                recent.put(name, octets);
                recentOctets += octets.length;
            }
        }
    }

    /** The octets that {@link #place} tells of, where they are in memory. */
    synchronized byte @Nullable [] recent(MessageName name) {
        return recent.get(name);
    }

    /** Where the message is; null where it is not here, or its file counts. */
    synchronized @Nullable Place place(MessageName name) {
        Stored at = stored.get(name);
        return at == null || !at.kept && at.file ? null : at.place;
    }

    /**
     * The message is done; returns when that is on disk.
     *
     * @return false where it has a file, or may have one
     */
    boolean remove(MessageName name) throws IOException {
        boolean file;
        synchronized (this) {
            awaitMoved(name);
            Stored at = stored.get(name);
            if (at == null) {
                return false;
            }
            file = at.file;
            // From now on nobody makes a file of it. And on a full disk, where its end cannot be written, its segment
            // goes as soon as it keeps nothing else, which makes room.
            release(List.of(name));
        }
        writer.done(name);
        return !file;
    }

    private void awaitMoved(MessageName name) {
        boolean interrupted = false;
        while (moving.contains(name)) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** These need not be kept by their segments. */
    private synchronized void release(Collection<MessageName> names) {
        boolean emptied = false;
        for (MessageName name : names) {
            Stored at = stored.get(name);
            byte[] octets = recent.remove(name);
            recentOctets -= octets == null ? 0 : octets.length;
            if (at != null && at.kept) {
                at.segment.kept--;
                emptied |= at.segment.sealed && at.segment.kept == 0;
                stored.put(name, new Stored(at.segment, at.place, false, at.file));
            }
        }
        if (emptied) {
            notifyAll(); // The keeper may remove it.
        }
    }

    private synchronized void forget(MessageName name) {
        release(List.of(name));
        stored.remove(name);
    }

    /** What the writer tells. */
    private final class Account implements LogWriter.Listener {
        @Override
        public void began(Segment segment) {
            synchronized (MessageLog.this) {
                segments.add(segment);
                MessageLog.this.notifyAll();
            }
        }

        @Override
        public void written(Segment segment, LogRecord record) {
            switch (record) {
                case LogRecord.Message m -> {
                    synchronized (MessageLog.this) {
                        Place place = new Place(segment.path, m.offset(), m.length());
                        stored.put(m.name(), new Stored(segment, place, true, false));
                        segment.kept++;
                    }
                }
                case LogRecord.Done d -> forget(d.name());
            }
        }

        @Override
        public void refused(MessageName name) {
            forget(name);
        }

        @Override
        public void sealed(Segment segment) {
            synchronized (MessageLog.this) {
                segment.sealed = true;
                MessageLog.this.notifyAll();
            }
        }
    }

    // ---- the keeper: segments are emptied and removed

    private sealed interface Task {
        record Remove(Segment segment) implements Task {}

        record Empty(Segment segment) implements Task {}

        record Seal() implements Task {}
    }

    private void keep() {
        for (Task task = next(); task != null; task = next()) {
            perform(task);
        }
    }

    private void perform(Task task) {
        try {
            switch (task) {
                case Task.Remove r -> remove(r.segment);
                case Task.Empty e -> empty(e.segment, System.nanoTime() + ONE_GO.toNanos());
                case Task.Seal _ -> writer.seal();
            }
        } catch (IOException e) {
            trouble(Errno.djbText(e));
        } catch (RuntimeException | Error e) {
            // Too little memory in this moment, say: whatever it is, the segments must be looked after.
            trouble(e.toString());
        }
    }

    private void trouble(String what) {
        synchronized (this) {
            troubleUntil = System.nanoTime() + patience.trouble().toNanos();
        }
        log.line("warning: trouble with " + queue.log() + ": " + what + "; will try again later");
    }

    /** What there is to do; waits for it. Null at the end. */
    private synchronized @Nullable Task next() {
        while (!closed) {
            long now = System.nanoTime();
            Segment oldest = segments.peekFirst();
            long rest = patience.delivery().toNanos();
            if (troubleUntil - now > 0) {
                rest = troubleUntil - now;
            } else if (oldest != null && oldest.sealed && oldest.kept == 0) {
                return new Task.Remove(oldest);
            } else if (oldest != null) {
                rest = patience.delivery().toNanos() - (now - oldest.since);
                if (rest <= 0 && oldest.kept > 0) {
                    return oldest.sealed ? new Task.Empty(oldest) : new Task.Seal();
                } else if (rest <= 0) {
                    oldest.since = now; // Nothing to keep, and the next message can still go into it.
                    rest = patience.delivery().toNanos();
                }
            }
            try {
                wait(rest / 1_000_000 + 1);
            } catch (InterruptedException e) {
                return null;
            }
        }
        return null;
    }

    /** Removes the oldest segment, durably: before the next one goes, which may say that its messages are done. */
    private void remove(Segment segment) throws IOException {
        try {
            if (segment.damaged) {
                // The numbers begin anew where the log was empty at a start.
                Path aside =
                        queue.bad().resolve("log-" + segment.path.getFileName() + "-" + System.currentTimeMillis());
                disk.rename(segment.path, aside);
                log.line("alert: " + segment.path + " was damaged: what could be read was kept, the file is " + aside);
            } else {
                disk.unlink(segment.path);
            }
        } catch (NoSuchFileException e) {
            // An earlier try removed it and failed at the sync.
        }
        disk.syncDirectory(queue.log());
        synchronized (this) {
            segments.remove(segment);
            stored.values().removeIf(at -> at.segment == segment);
        }
    }

    /** Gives files to the messages that are still in the segment; until the deadline of {@link System#nanoTime}. */
    private void empty(Segment segment, long deadline) throws IOException {
        boolean more = true;
        while (more && deadline - System.nanoTime() > 0) {
            Map<MessageName, Place> some = some(segment);
            more = !some.isEmpty();
            if (more) {
                move(some);
            }
        }
    }

    private synchronized Map<MessageName, Place> some(Segment segment) {
        Map<MessageName, Place> some = new HashMap<>();
        if (segment.kept > 0) {
            for (Map.Entry<MessageName, Stored> e : stored.entrySet()) {
                if (e.getValue().segment == segment && e.getValue().kept) {
                    some.put(e.getKey(), e.getValue().place);
                }
                if (some.size() == FILES_AT_ONCE) {
                    break;
                }
            }
        }
        moving.addAll(some.keySet());
        return some;
    }

    private void move(Map<MessageName, Place> some) throws IOException {
        IOException failure = null;
        List<MessageName> moved = new ArrayList<>();
        try {
            mayHaveFiles(some.keySet());
            for (Map.Entry<MessageName, Place> e : some.entrySet()) {
                try {
                    move(e.getKey(), e.getValue());
                    moved.add(e.getKey());
                } catch (IOException x) {
                    failure = x; // One that cannot be moved does not keep the others here.
                }
            }
            mess.sync();
            release(moved);
            writer.done(moved);
        } finally {
            synchronized (this) {
                moving.removeAll(some.keySet());
                notifyAll();
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private synchronized void mayHaveFiles(Collection<MessageName> names) {
        for (MessageName name : names) {
            Stored at = stored.get(name);
            if (at != null) {
                stored.put(name, new Stored(at.segment, at.place, at.kept, true));
            }
        }
    }

    private void move(MessageName name, Place from) throws IOException {
        Path unfinished = queue.mess().resolve(name.text() + ".new");
        byte[] octets = Place.open(() -> from, (channel, place) -> {
            try (FileChannel in = channel) {
                return MessageFile.read(in, place.offset(), (int) place.length());
            }
        });
        try (NewMessage file = new NewMessage(disk, unfinished, queue.mess().resolve(name.text()), 0600, left)) {
            file.finishAsItIs(octets);
        }
    }

    /** What is left gets files, for some seconds; then all is quiet. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        boolean interrupted = false;
        while (keeper.isAlive()) {
            try {
                keeper.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        writer.refuseMessages();
        try {
            finish(System.nanoTime() + AT_STOP.toNanos());
        } catch (IOException e) {
            log.line("warning: trouble with " + queue.log() + ": " + Errno.djbText(e)
                    + "; its messages are found there at the next start");
        }
        writer.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void finish(long deadline) throws IOException {
        for (Segment oldest = oldest(); oldest != null; oldest = oldest()) {
            writer.seal(); // Also what the ends of the one before were written to.
            empty(oldest, deadline);
            if (keeps(oldest)) {
                return;
            }
            remove(oldest);
        }
    }

    private synchronized @Nullable Segment oldest() {
        return segments.peekFirst();
    }

    private synchronized boolean keeps(Segment segment) {
        return segment.kept > 0;
    }
}
