package org.postern.queue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Log;
import org.postern.file.Disk;
import org.postern.file.HintFile;
import org.postern.file.SharedSync;
import org.postern.mail.Envelope;
import org.postern.os.LockFile;
import org.postern.os.Octets;

/** The queue in its owner's hands: the one process that sends. Others use {@link SocketIntake}. */
public final class Queue implements Closeable {
    /** More syncs at once only get into each other's way. */
    private static final int SYNCS_AT_ONCE = 32;

    private final QueueDirectory directory;
    private final Disk disk;
    private final InstantSource clock;
    private final LockFile lock;
    private final int owner;
    private final Submitters submitters;
    private final Ids ids;
    private final List<MessageName> found;
    /** Those of them that are not here any more. */
    private final Set<MessageName> removed = ConcurrentHashMap.newKeySet();

    private final Set<String> held;
    private final SharedSync messSync;
    private final SharedSync marksSync;
    private final MessageLog messages;
    private final Leftovers left;
    private final Taking taking;
    private final Holds holds;
    private final ConcurrentLinkedQueue<MessageName> arrived = new ConcurrentLinkedQueue<>();
    private volatile Runnable onArrival = () -> {};

    /** How opening ended. */
    public sealed interface Opening {
        record Ready(Queue queue) implements Opening {}

        /** @param pid who sends from this queue; empty where the lock does not say */
        record InUse(Optional<String> pid) implements Opening {}
    }

    private Queue(
            QueueDirectory directory,
            Disk disk,
            InstantSource clock,
            Submitters submitters,
            Log log,
            LockFile lock,
            int owner,
            Recovery.Found found,
            Patience patience) {
        this.directory = directory;
        this.disk = disk;
        this.clock = clock;
        this.lock = lock;
        this.owner = owner;
        this.submitters = submitters;
        this.found = found.names();
        this.held = found.held();
        ids = new Ids(clock, this.found);
        messSync = new SharedSync(disk, directory.mess());
        marksSync = new SharedSync(disk, directory.marks());
        left = new Leftovers(disk);
        holds = new Holds(directory, disk, left);
        messages = new MessageLog(directory, disk, messSync, log, found.inLog(), patience, left);
        taking = new Taking(directory, disk, clock, submitters, log, ids, messSync, left, owner);
    }

    /** Locks the queue, makes it where it is missing, and recovers what a crash has left. */
    public static Opening open(QueueDirectory directory, Disk disk, InstantSource clock, Submitters submitters, Log log)
            throws IOException {
        return open(directory, disk, clock, submitters, log, Patience.USUAL);
    }

    static Opening open(
            QueueDirectory directory, Disk disk, InstantSource clock, Submitters submitters, Log log, Patience patience)
            throws IOException {
        directory.makeRoot(disk);
        LockFile lock = LockFile.tryLock(directory.lock()).orElse(null);
        if (lock == null) {
            return new Opening.InUse(LockFile.holder(directory.lock()));
        }
        boolean kept = false;
        try {
            directory.prepare(disk);
            Disk limited = disk.limitingSyncs(SYNCS_AT_ONCE);
            int owner = (int) Files.getAttribute(directory.root(), "unix:uid");
            Recovery.Found found = new Recovery(directory, limited, log).run();
            kept = true;
            return new Opening.Ready(
                    new Queue(directory, limited, clock, submitters, log, lock, owner, found, patience));
        } finally {
            if (!kept) {
                lock.close();
            }
        }
    }

    public QueueDirectory directory() {
        return directory;
    }

    /** What was in the queue when it was opened, the oldest first. */
    public List<MessageName> found() {
        return found;
    }

    /** When to try what again, kept over a clean stop. */
    public ScheduleFile schedule() {
        return new ScheduleFile(directory.schedule(), disk);
    }

    /** How many messages went where in the last hour. */
    public HintFile hours() {
        return new HintFile(directory.root().resolve("hours"), disk);
    }

    /** Which hosts did not answer. */
    public HintFile timeOuts() {
        return directory.timeOuts(disk);
    }

    /** The way in for this process: a share of the log's sync, or a file where the message is large. */
    public Intake intake(Origin origin) {
        return new Own(origin);
    }

    private final class Own implements Intake {
        private final Origin origin;

        Own(Origin origin) {
            this.origin = origin;
        }

        @Override
        public Intake ofClients() {
            return new Own(Origin.CLIENT);
        }

        @Override
        public Draft begin() {
            return draft(owner, origin, Submitters.none().words(origin, owner, owner)).draft;
        }
    }

    /** A message that another process hands in through the {@link SubmissionServer}. */
    Submitted submitted(int uid, Origin claimed) {
        Origin origin = submitters.believe(claimed, uid, owner);
        return draft(uid, origin, submitters.words(origin, uid, owner));
    }

    /** A draft whose envelope comes as octets. */
    record Submitted(OwnDraft draft, StoredEnvelope.Facts facts) implements Closeable {
        void write(byte[] from, int offset, int length) {
            draft.write(from, offset, length);
        }

        /** As the commit of a draft. What the owner knows of the submitter stands in the place of what he says. */
        Intake.Outcome store(StoredEnvelope envelope) {
            return draft.store(envelope.taken(facts));
        }

        @Override
        public void close() {
            draft.close();
        }
    }

    /** @param words who submitted it, for its Received line */
    private Submitted draft(int uid, Origin origin, String words) {
        MessageName name = ids.next();
        StoredEnvelope.Facts facts =
                new StoredEnvelope.Facts(clock.instant().getEpochSecond(), uid, name.id(), origin, null);
        OwnDraft draft = new OwnDraft(
                octets -> messages.add(name, octets),
                envelope -> StoredEnvelope.forQueue(facts, envelope),
                fields -> new FileDraft(() -> create(name), messSync, fields, name::id),
                queued -> {
                    if (queued) {
                        release(name);
                    } else {
                        ids.free(name);
                    }
                    return name.id();
                });
        byte[] line = Octets.bytes(ReceivedLine.of(name.id(), words, clock.instant()));
        draft.write(line, 0, line.length);
        return new Submitted(draft, facts);
    }

    private NewMessage create(MessageName name) throws IOException {
        return new NewMessage(disk, path(name.text() + ".new"), path(name.text()), 0600, left);
    }

    private void release(MessageName name) {
        arrived.add(name);
        onArrival.run();
    }

    /** Calls this, quickly done, whenever there is something to {@link #nextArrival}. */
    public void onArrival(Runnable action) {
        onArrival = action;
    }

    /** A message that came since; null where there is none. */
    public @Nullable MessageName nextArrival() {
        return arrived.poll();
    }

    /**
     * Takes a batch from the drop.
     *
     * @return how much was found there; 0: nothing that can be taken now
     */
    public int take() throws IOException {
        left.removeAll();
        return taking.take(this::release);
    }

    /** Whether large messages are being taken, after which there may be room for more. */
    public boolean isTaking() {
        return taking.isBusy();
    }

    /** Removes what submitters began long ago and never finished. */
    public void removeAbandoned() throws IOException {
        taking.removeAbandoned();
    }

    /** A message's envelope, and its text when wanted. */
    public QueuedMessage read(MessageName name) throws IOException {
        return QueuedMessage.read(name, new Whereabouts() {
            @Override
            public byte @Nullable [] recent() {
                return messages.recent(name);
            }

            @Override
            public Place place() {
                return Queue.this.place(name);
            }
        });
    }

    public Marks marks(MessageName name) throws IOException {
        return Marks.read(disk, marksPath(name), marksSync);
    }

    public boolean exists(MessageName name) {
        return messages.place(name) != null || Files.exists(path(name.text()));
    }

    /** A name for a bounce, to be written into the marks before the bounce itself. */
    public MessageName nameForBounce() {
        return ids.next();
    }

    /** Writes the text of a bounce. */
    @FunctionalInterface
    public interface Text {
        void writeTo(TextOutput out) throws IOException;
    }

    /** Where the text of a bounce is written to. */
    @FunctionalInterface
    public interface TextOutput {
        void write(byte[] from, int offset, int length) throws IOException;
    }

    /** Puts a notice that is no bounce into the queue, durable at return, and releases it. */
    public MessageName addNotice(Envelope envelope, Text text) throws IOException {
        MessageName name = ids.next();
        boolean added = false;
        try {
            add(name, null, envelope, text);
            added = true;
        } finally {
            if (!added) {
                ids.free(name);
            }
        }
        release(name);
        return name;
    }

    /** Puts a bounce into the queue, durable at return. It is not released: see {@link #releaseBounce}. */
    public void addBounce(MessageName name, MessageName about, Envelope envelope, Text text) throws IOException {
        add(name, about, envelope, text);
    }

    private void add(MessageName name, @Nullable MessageName about, Envelope envelope, Text text) throws IOException {
        StoredEnvelope.Facts facts =
                new StoredEnvelope.Facts(clock.instant().getEpochSecond(), owner, name.id(), Origin.BOUNCE, about);
        byte[] line = Octets.bytes(ReceivedLine.of(name.id(), "for bounce", clock.instant()));
        ids.use(name);
        try (NewMessage bounce = create(name)) {
            bounce.write(line, 0, line.length);
            text.writeTo(bounce::write);
            bounce.finish(StoredEnvelope.forQueue(facts, envelope));
            try {
                messSync.sync();
            } catch (IOException e) {
                // Else a notice would be there that its message does not know of. A bounce is written again at the next
                // try, and may be one that a start has found.
                if (about == null) {
                    bounce.withdraw();
                }
                throw e;
            }
        }
    }

    /** The message it is about is gone: now the bounce may be delivered. One that a restart has {@link #found} is out. */
    public void releaseBounce(MessageName name) {
        if (Collections.binarySearch(found, name, MessageName.ORDER) < 0 || removed.contains(name)) {
            release(name);
        }
    }

    /**
     * Removes a message that is done.
     *
     * @param marked that it has a file of marks
     */
    public void remove(MessageName name, boolean marked) throws IOException {
        if (!messages.remove(name)) {
            try {
                disk.unlink(path(name.text()));
            } catch (NoSuchFileException e) {
                // An earlier try removed it, and failed at the sync; or someone did by hand.
            }
            messSync.sync();
        }
        if (marked) {
            left.remove(marksPath(name));
        }
        gone(name);
    }

    /** Its name may be used again, also by the bounce that was found with it and is made anew. */
    private void gone(MessageName name) {
        ids.free(name);
        if (Collections.binarySearch(found, name, MessageName.ORDER) >= 0) {
            removed.add(name);
        }
    }

    /**
     * Removes messages, done or not: durable at return. Where it throws, some may be gone: {@link #exists} tells.
     *
     * @return how many there were
     */
    public int removeAll(Collection<MessageName> names) throws IOException {
        int removed = 0;
        for (MessageName name : names) {
            if (messages.remove(name)) {
                removed++;
            } else {
                try {
                    disk.unlink(path(name.text()));
                    removed++;
                } catch (NoSuchFileException e) {
                    // Someone did by hand.
                }
            }
        }
        messSync.sync();
        for (MessageName name : names) {
            left.remove(marksPath(name)); // The most have none.
            holds.forget(name);
            gone(name);
        }
        return removed;
    }

    /** Whether a message that was found at the start was held then. */
    public boolean wasHeld(MessageName name) {
        return held.contains(name.text());
    }

    /** These are not to be delivered until they are released; durable at return. Where it throws, nothing is changed. */
    public void hold(Collection<MessageName> names) throws IOException {
        holds.hold(names);
    }

    /** They may be delivered again; durable at return. */
    public void release(Collection<MessageName> names) throws IOException {
        holds.release(names);
    }

    /** A message that was held is gone. */
    public void forgetHold(MessageName name) {
        holds.forget(name);
    }

    /** The files, to be looked at. */
    public QueueFiles files() {
        return new QueueFiles(directory);
    }

    private Place place(MessageName name) {
        Place inLog = messages.place(name);
        return inLog == null ? Place.whole(path(name.text())) : inLog;
    }

    private Path path(String name) {
        return directory.mess().resolve(name);
    }

    private Path marksPath(MessageName name) {
        return directory.marks().resolve(name.text());
    }

    /** Lets another process send from this queue. */
    @Override
    public void close() {
        taking.close();
        messages.close();
        left.removeAll();
        lock.close();
    }
}
