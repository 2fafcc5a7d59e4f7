package org.postern.queue;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Log;
import org.postern.file.Disk;
import org.postern.file.SharedSync;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.Threads;

/**
 * Takes what others left in the drop into the owner's own files. Nothing in there is trusted; what is no message is moved
 * to bad/.
 */
final class Taking {
    private static final int BATCH = 64;
    /** Larger messages are copied beside, so that others need not wait for them. */
    private static final long LARGE = 1 << 20;

    private static final int LARGE_AT_ONCE = 4;
    /** All of a message in a batch may be its envelope: so many octets of a batch are in memory at a time. */
    private static final long MOST_OF_BATCH = 4 << 20;
    /** Of messages with more envelope one is copied at a time. */
    private static final int LARGE_ENVELOPE = 1 << 20;

    private static final int COPY_BUFFER = 64 << 10;
    /** Names that can be neither taken nor moved away are remembered, so that the log has them once. */
    private static final int MAX_IGNORED = 1000;
    /** qmail's OSSIFIED: how long a file may be in the making. */
    private static final Duration ABANDONED = Duration.ofHours(36);

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(10);

    private final QueueDirectory queue;
    private final Disk disk;
    private final InstantSource clock;
    private final Submitters submitters;
    private final Log log;
    private final Ids ids;
    private final SharedSync mess;
    private final int owner;
    private final Set<String> busy = ConcurrentHashMap.newKeySet();
    private final Set<String> ignored = ConcurrentHashMap.newKeySet();
    /** Taken, and only the sync of the drop is missing. */
    private final ConcurrentLinkedQueue<MessageName> unreleased = new ConcurrentLinkedQueue<>();

    private final Semaphore large = new Semaphore(LARGE_AT_ONCE);
    private final Semaphore largeEnvelope = new Semaphore(1);

    /** What became of one entry. */
    private sealed interface Copy {
        record Made(MessageName entry, MessageName name) implements Copy {}

        record NotNow(MessageName entry, IOException why) implements Copy {}

        record NoMessage(String entry, String why) implements Copy {}

        record Gone() implements Copy {}
    }

    /** Is told what is now durable in the queue. */
    @FunctionalInterface
    interface Release {
        void released(MessageName name);
    }

    Taking(
            QueueDirectory queue,
            Disk disk,
            InstantSource clock,
            Submitters submitters,
            Log log,
            Ids ids,
            SharedSync mess,
            int owner) {
        this.queue = queue;
        this.disk = disk;
        this.clock = clock;
        this.submitters = submitters;
        this.log = log;
        this.ids = ids;
        this.mess = mess;
        this.owner = owner;
    }

    /**
     * Takes a batch.
     *
     * @return how many entries were taken or moved away; 0: nothing is left that can be taken now
     */
    int take(Release release) throws IOException {
        List<String> entries = entries();
        List<Thread> copying = new ArrayList<>();
        List<Copy> copies = java.util.Collections.synchronizedList(new ArrayList<>());
        int aside = 0;
        for (String entry : entries) {
            if (isLarge(entry)) {
                aside += takeBeside(entry, release) ? 1 : 0;
            } else {
                copying.add(Threads.start("take", () -> copies.add(copy(entry))));
            }
        }
        joinAll(copying);
        return aside + settle(copies, release);
    }

    /** A batch that was begun is settled, whoever interrupts: else the next owner would not know of it. */
    private static void joinAll(List<Thread> threads) {
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits, for a while, for the large ones under way. */
    void close() {
        try {
            if (!large.tryAcquire(LARGE_AT_ONCE, CLOSE_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                log.line("warning: a large message is still being taken; it will be taken anew at the next start");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Large ones are being copied: when one is done, another may have its turn. */
    boolean isBusy() {
        return large.availablePermits() < LARGE_AT_ONCE;
    }

    private boolean takeBeside(String entry, Release release) {
        if (!large.tryAcquire()) {
            return false;
        }
        busy.add(entry);
        Threads.start("take " + entry, () -> {
            try {
                settle(List.of(copy(entry)), release);
            } finally {
                busy.remove(entry);
                large.release();
            }
        });
        return true;
    }

    private boolean isLarge(String entry) {
        return size(entry) > LARGE;
    }

    /** Of what cannot be looked at, 0. */
    private long size(String entry) {
        try {
            return (long) Files.getAttribute(path(entry), "size", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            return 0;
        }
    }

    private List<String> entries() throws IOException {
        List<String> entries = new ArrayList<>();
        long octets = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(queue.drop())) {
            for (Path path : all) {
                String entry = Octets.of(java.util.Objects.requireNonNull(path.getFileName()));
                long size =
                        entry.charAt(0) == '.' || busy.contains(entry) || ignored.contains(entry) ? -1 : size(entry);
                if (size >= 0 && (size <= LARGE || large.availablePermits() > 0)) {
                    entries.add(entry);
                    octets += size <= LARGE ? size : 0;
                    if (entries.size() == BATCH || octets >= MOST_OF_BATCH) {
                        break;
                    }
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        entries.sort(null);
        return entries;
    }

    private Copy copy(String entry) {
        MessageName parsed = MessageName.parse(entry).orElse(null);
        if (parsed == null || parsed.isRenamed()) {
            return new Copy.NoMessage(entry, "has no message's name");
        }
        MessageName name = ids.claim(parsed);
        Copy copy = copy(parsed, name);
        if (!(copy instanceof Copy.Made)) {
            ids.free(name);
        }
        return copy;
    }

    private Copy copy(MessageName entry, MessageName name) {
        int descriptor = FilesAt.open(FilesAt.WORKING_DIRECTORY, Octets.of(path(entry.text())));
        if (descriptor < 0) {
            return notOpened(entry, new OsException("open", -descriptor));
        }
        try (FileInputStream in = new FileInputStream(Descriptor.java(descriptor))) {
            FilesAt.Status status = FilesAt.status(descriptor);
            String fault = !status.isRegular() ? "is no file" : status.links() != 1 ? "has several names" : null;
            if (fault != null) {
                return new Copy.NoMessage(entry.text(), fault);
            }
            return copy(
                    entry,
                    name,
                    status.uid(),
                    in.getChannel(),
                    MessageFile.Footer.read(in.getChannel(), status.size()));
        } catch (MessageFile.Malformed e) {
            return new Copy.NoMessage(entry.text(), e.what());
        } catch (IOException e) {
            return new Copy.NotNow(entry, e);
        } catch (RuntimeException e) {
            return new Copy.NotNow(entry, new IOException("unexpected " + e, e));
        }
    }

    private Copy copy(MessageName entry, MessageName name, int uid, FileChannel channel, MessageFile.Footer footer)
            throws IOException {
        if (footer.envelopeLength() > StoredEnvelope.MAX_SUBMITTED) {
            return new Copy.NoMessage(entry.text(), "has too large an envelope");
        }
        boolean turn = footer.envelopeLength() > LARGE_ENVELOPE;
        if (turn) {
            largeEnvelope.acquireUninterruptibly();
        }
        try {
            MessageFile file =
                    MessageFile.read((position, length) -> MessageFile.read(channel, position, length), footer);
            write(entry, name, file, uid, channel);
            return new Copy.Made(entry, name);
        } finally {
            if (turn) {
                largeEnvelope.release();
            }
        }
    }

    private static Copy notOpened(MessageName entry, OsException why) {
        return switch (Errno.of(why)) {
            case ENOENT -> new Copy.Gone();
            case ELOOP -> new Copy.NoMessage(entry.text(), "is a symbolic link");
            case EACCES -> new Copy.NoMessage(entry.text(), "cannot be read by the queue's owner");
            case ENXIO -> new Copy.NoMessage(entry.text(), "is a socket");
            case null, default -> new Copy.NotNow(entry, why);
        };
    }

    private void write(MessageName entry, MessageName name, MessageFile file, int uid, FileChannel from)
            throws IOException {
        StoredEnvelope envelope = file.envelope();
        Origin origin = submitters.believe(envelope.facts().origin(), uid, owner);
        Instant now = clock.instant();
        byte[] line = Octets.bytes(ReceivedLine.of(entry.id(), submitters.words(origin, uid, owner), now));
        try (NewMessage copy = new NewMessage(disk, mess(name + ".new"), mess(name.text()), 0600)) {
            copy.write(line, 0, line.length);
            byte[] buffer = new byte[(int) Math.min(COPY_BUFFER, file.messageLength())];
            long at = 0;
            while (at < file.messageLength()) {
                int wanted = (int) Math.min(buffer.length, file.messageLength() - at);
                int n = from.read(java.nio.ByteBuffer.wrap(buffer, 0, wanted), at);
                if (n < 0) {
                    throw new MessageFile.Malformed("became shorter while being read");
                }
                copy.write(buffer, 0, n);
                at += n;
            }
            copy.finish(envelope.taken(new StoredEnvelope.Facts(now.getEpochSecond(), uid, entry.id(), origin, null)));
        }
    }

    /** The copies are whole; now they get durable, the originals go, and then the messages are released. */
    private int settle(List<Copy> copies, Release release) {
        List<Copy.Made> made = new ArrayList<>();
        int moved = 0;
        for (Copy copy : copies) {
            switch (copy) {
                case Copy.Made m -> made.add(m);
                case Copy.NotNow n ->
                    log.line("warning: unable to take " + path(n.entry.text()) + ": " + Errno.djbText(n.why)
                            + "; will try again later");
                case Copy.NoMessage n -> moved += moveAway(n) ? 1 : 0;
                case Copy.Gone g -> moved++;
            }
        }
        if (!made.isEmpty()) {
            try {
                mess.sync();
            } catch (IOException e) {
                made.forEach(m -> drop(m, e));
                return moved;
            }
            made.removeIf(m -> !removeEntry(m));
            made.forEach(m -> unreleased.add(m.name));
        }
        release(release);
        return moved + made.size();
    }

    /** Delivered before the drop is synced, they might be there again after a power cut, and be delivered again. */
    private void release(Release release) {
        List<MessageName> names = new ArrayList<>();
        for (MessageName name = unreleased.poll(); name != null; name = unreleased.poll()) {
            names.add(name);
        }
        if (names.isEmpty()) {
            return;
        }
        try {
            disk.syncDirectory(queue.drop());
        } catch (IOException e) {
            log.line("warning: unable to sync " + queue.drop() + ": " + Errno.djbText(e) + "; will try again later");
            unreleased.addAll(names);
            return;
        }
        names.forEach(release::released);
    }

    private boolean removeEntry(Copy.Made made) {
        try {
            disk.unlink(path(made.entry.text()));
            return true;
        } catch (NoSuchFileException e) {
            return true; // The submitter withdrew it after it was taken: too late, as it is after a 250.
        } catch (IOException e) {
            // Were it released, it would be taken again at the next start, and delivered twice.
            log.line("warning: unable to remove " + path(made.entry.text()) + ": " + Errno.djbText(e)
                    + "; will try again later");
            drop(made, null);
            return false;
        }
    }

    private void drop(Copy.Made made, @Nullable IOException why) {
        if (why != null) {
            log.line("warning: unable to sync " + queue.mess() + ": " + Errno.djbText(why) + "; will try again later");
        }
        try {
            disk.unlink(mess(made.name.text()));
        } catch (IOException e) {
            // Recovery finds it beside the entry (D4).
            log.line("warning: unable to remove " + mess(made.name.text()) + ": " + Errno.djbText(e));
        }
        ids.free(made.name);
    }

    private boolean moveAway(Copy.NoMessage n) {
        Path target = queue.bad().resolve(Octets.path(n.entry));
        try {
            disk.rename(path(n.entry), target);
            log.line("alert: " + shown(n.entry) + " " + n.why + ": moved to " + queue.bad());
            return true;
        } catch (IOException e) {
            ignore(n.entry, n.why + ", and cannot be moved away: " + Errno.djbText(e));
            return false;
        }
    }

    private void ignore(String entry, String why) {
        if (ignored.size() < MAX_IGNORED && ignored.add(entry)) {
            log.line("alert: " + shown(entry) + " " + why + ": ignored");
        }
    }

    /** Removes what was begun long ago and never finished (D1). */
    void removeAbandoned() throws IOException {
        Instant limit = clock.instant().minus(ABANDONED);
        try (DirectoryStream<Path> all = Files.newDirectoryStream(queue.drop(), ".*")) {
            for (Path path : all) {
                removeIfUnchangedSince(limit, path);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private void removeIfUnchangedSince(Instant limit, Path path) {
        try {
            var changed = (FileTime) Files.getAttribute(path, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
            if (changed != null && changed.toInstant().isBefore(limit)) {
                disk.unlink(path);
            }
        } catch (IOException e) {
            // Finished in this moment, or somebody's directory with something in it: not ours to worry about.
            return;
        }
    }

    /** For the log: anyone may have chosen the name. */
    private String shown(String entry) {
        return queue.drop() + "/" + Octets.word(entry);
    }

    private Path path(String entry) {
        return queue.drop().resolve(Octets.path(entry));
    }

    private Path mess(String name) {
        return queue.mess().resolve(name);
    }
}
