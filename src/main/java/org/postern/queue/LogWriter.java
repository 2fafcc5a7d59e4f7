package org.postern.queue;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postern.file.Disk;
import org.postern.os.Errno;

/**
 * Writes the records of the log: one thread, which takes all that has come while it waited for the disk, writes it in one
 * go and syncs once. Those who wait for their records share that sync.
 */
final class LogWriter {
    /** A segment that has grown beyond this is sealed. */
    static final int SEGMENT_OCTETS = 16 << 20;

    private static final int BATCH_OCTETS = 4 << 20;
    /** A batch goes into one segment. */
    static final int MOST_OF_A_SEGMENT = SEGMENT_OCTETS + BATCH_OCTETS + (128 << 10);

    private static final int BUFFER = 256 << 10;
    /** While a disk is full for long, more than this are not remembered: a restart may then deliver what was refused. */
    private static final int MOST_OWED = 10_000;

    private final Path directory;
    private final Disk disk;
    private final Leftovers left;
    private final Listener listener;
    private final RandomGenerator random = new SecureRandom();
    private final BlockingQueue<Write> waiting = new LinkedBlockingQueue<>();
    private final Thread thread;
    private final byte[] buffer = new byte[BUFFER];
    /** Whose end has to be written, since a batch failed: they were refused, or are done. */
    private final Set<MessageName> owed = new LinkedHashSet<>();

    /** Seals, and ends the thread. */
    private final Write last = new Write(null, null);

    private boolean refusing;
    private boolean ended;
    private long number;
    private @Nullable Open open;

    /** Is told what became durable, before those who wait for it. */
    interface Listener {
        void began(Segment segment);

        void written(Segment segment, LogRecord record);

        /** The message is not queued after all, whatever was told of it. */
        void refused(MessageName name);

        void sealed(Segment segment);
    }

    /** What somebody waits for; it ends with the error, or null. */
    private static final class Write {
        /** Null: the segment is to be sealed. */
        final @Nullable MessageName name;
        /** Null: the message is done. */
        final byte @Nullable [] octets;

        final CompletableFuture<@Nullable IOException> ended = new CompletableFuture<>();

        Write(@Nullable MessageName name, byte @Nullable [] octets) {
            this.name = name;
            this.octets = octets;
        }

        int size() {
            return LogRecord.LONGEST_LINE + (octets == null ? 0 : octets.length);
        }
    }

    private static final class Open {
        final Segment segment;
        final Disk.Output output;
        final String token;
        long length;

        Open(Segment segment, Disk.Output output, String token, long length) {
            this.segment = segment;
            this.output = output;
            this.token = token;
            this.length = length;
        }
    }

    /** @param last the highest number of a segment that is there */
    LogWriter(Path directory, Disk disk, Leftovers left, long last, Listener listener) {
        this.directory = directory;
        this.disk = disk;
        this.left = left;
        this.listener = listener;
        number = last;
        // A platform thread of its own: nobody interrupts it in the middle of a write, which would close the file.
        thread = Thread.ofPlatform().daemon().name("queue log").start(this::run);
    }

    /** From now on messages are refused; the ends of others are still written. */
    synchronized void refuseMessages() {
        refusing = true;
    }

    /** False where nobody will ever write it. */
    private synchronized boolean offer(Write write) {
        return !ended && !(refusing && write.octets != null) && waiting.add(write);
    }

    /** Returns when the message is on disk. */
    void message(MessageName name, byte[] octets) throws IOException {
        await(new Write(name, octets));
    }

    /** Returns when it is on disk that this one is not here any more. */
    void done(MessageName name) throws IOException {
        await(new Write(name, null));
    }

    /** The same for many. */
    void done(List<MessageName> names) throws IOException {
        List<Write> writes = names.stream().map(name -> new Write(name, null)).toList();
        for (Write write : writes) {
            if (!offer(write)) {
                write.ended.complete(closed());
            }
        }
        IOException thrown = null;
        for (Write write : writes) {
            IOException failure = write.ended.join();
            thrown = thrown == null ? failure : thrown;
        }
        throwIfFailed(thrown);
    }

    /** The segment gets no more records. */
    void seal() throws IOException {
        await(new Write(null, null));
    }

    private void await(Write write) throws IOException {
        if (!offer(write)) {
            throw closed();
        }
        throwIfFailed(write.ended.join());
    }

    private static IOException closed() {
        return new IOException("the queue is closed");
    }

    private static void throwIfFailed(@Nullable IOException failure) throws IOException {
        if (failure != null) {
            throw new IOException(Errno.text(failure), failure);
        }
    }

    private void run() {
        List<Write> batch = new ArrayList<>();
        try {
            while (!batch.contains(last)) {
                batch.clear();
                try {
                    collect(batch);
                } catch (RuntimeException | Error e) {
                    fail(batch, e);
                    continue;
                }
                perform(batch);
            }
        } finally {
            giveUp(batch);
        }
    }

    /** Nobody waits for a thread that has ended, however it did. */
    private synchronized void giveUp(List<Write> batch) {
        ended = true;
        batch.addAll(waiting);
        batch.forEach(write -> write.ended.complete(closed()));
    }

    private void collect(List<Write> batch) {
        int size = 0;
        for (Write next = take(); next != null; next = size < BATCH_OCTETS ? waiting.poll() : null) {
            batch.add(next);
            size += next.size();
        }
    }

    private Write take() {
        while (true) {
            try {
                return waiting.take();
            } catch (InterruptedException e) {
                // Nobody does: what is to end the thread is the last write.
                continue;
            }
        }
    }

    private void perform(List<Write> batch) {
        try {
            write(batch);
        } catch (IOException | RuntimeException | Error e) {
            // Also too little memory: those who wait must be told, and the next ones may fare better.
            fail(batch, e);
            return;
        }
        for (Write write : batch) {
            write.ended.complete(null);
        }
    }

    private void fail(List<Write> batch, Throwable why) {
        // What is in the file now, nobody can say; what follows goes to another one.
        closeSegment();
        IOException failure = why instanceof IOException e ? e : new IOException(why);
        for (Write write : batch) {
            if (write.name != null && owed.size() < MOST_OWED) {
                owed.add(write.name);
            }
            if (write.name != null && write.octets != null) {
                listener.refused(write.name);
            }
            write.ended.complete(failure);
        }
    }

    private void write(List<Write> batch) throws IOException {
        boolean seals = batch.stream().anyMatch(write -> write.name == null);
        boolean writes = batch.stream().anyMatch(write -> write.name != null);
        if (writes || batch.contains(last) && !owed.isEmpty()) {
            append(batch);
        }
        if (seals) {
            closeSegment();
        }
    }

    private void append(List<Write> batch) throws IOException {
        Open to = writable();
        List<LogRecord> records = new ArrayList<>(batch.size());
        Filling filling = new Filling(to.output);
        for (MessageName name : owed) {
            filling.put(LogRecord.done(to.token, name));
        }
        for (Write write : batch) {
            if (write.name != null) {
                records.add(put(write.name, write.octets, to, filling));
            }
        }
        filling.flush();
        to.output.sync();
        to.length += filling.total;
        owed.clear();
        for (LogRecord record : records) {
            listener.written(to.segment, record);
        }
    }

    private static LogRecord put(MessageName name, byte @Nullable [] octets, Open to, Filling filling)
            throws IOException {
        if (octets == null) {
            filling.put(LogRecord.done(to.token, name));
            return new LogRecord.Done(name);
        }
        filling.put(LogRecord.message(to.token, name, octets));
        LogRecord record = new LogRecord.Message(name, to.length + filling.total, octets.length);
        filling.put(octets);
        return record;
    }

    private final class Filling {
        private final Disk.Output output;
        private int pending;
        private long total;

        Filling(Disk.Output output) {
            this.output = output;
        }

        void put(byte[] octets) throws IOException {
            if (octets.length > BUFFER - pending) {
                flush();
            }
            if (octets.length > BUFFER) {
                output.write(octets, 0, octets.length);
            } else {
                System.arraycopy(octets, 0, buffer, pending, octets.length);
                pending += octets.length;
            }
            total += octets.length;
        }

        void flush() throws IOException {
            if (pending > 0) {
                output.write(buffer, 0, pending);
                pending = 0;
            }
        }
    }

    private Open writable() throws IOException {
        if (open != null && open.length < SEGMENT_OCTETS) {
            return open;
        }
        closeSegment();
        Path path = directory.resolve(String.format(Locale.ROOT, "%010d", ++number));
        String token = String.format(Locale.ROOT, "%016x", random.nextLong());
        byte[] head = LogRecord.head(token);
        Disk.Output output = disk.create(path, 0600);
        try {
            output.write(head, 0, head.length);
            // Before any record: a file without a whole head is empty, or damaged.
            output.sync();
            disk.syncDirectory(directory);
        } catch (IOException e) {
            output.close();
            left.remove(path);
            throw e;
        }
        Open begun = new Open(new Segment(path), output, token, head.length);
        listener.began(begun.segment);
        open = begun;
        return begun;
    }

    private void closeSegment() {
        Open closing = open;
        open = null;
        if (closing != null) {
            try {
                closing.output.close();
            } catch (IOException e) {
                // All that anybody relies on was synced.
            }
            listener.sealed(closing.segment);
        }
    }

    /** Ends the thread behind what is written already; later records are refused at once. */
    void close() {
        synchronized (this) {
            if (!ended) {
                ended = true;
                waiting.add(last);
            }
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
