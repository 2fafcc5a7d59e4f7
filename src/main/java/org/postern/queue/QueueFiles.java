package org.postern.queue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postern.file.Disk;
import org.postern.file.SharedSync;
import org.postern.os.Descriptor;
import org.postern.os.Directory;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;

/**
 * A queue's files, to be looked at by anyone who may read them, whether somebody sends from it or not. What changes
 * meanwhile may or may not be seen; each message is seen whole.
 */
public final class QueueFiles {
    private static final int PORTION = 500;
    private static final int TRIES = 3;
    private static final int MOSTLY = Outline.MOST_OCTETS;

    private final QueueDirectory queue;

    public QueueFiles(QueueDirectory queue) {
        this.queue = queue;
    }

    private Set<MessageName> inMess() throws IOException {
        Set<MessageName> names = new HashSet<>();
        visit(queue.mess(), text -> MessageName.parse(text).ifPresent(names::add));
        return names;
    }

    /** How many messages were taken, and are still there. */
    public int count() throws IOException {
        Set<MessageName> all = new HashSet<>(inLog().keySet());
        all.addAll(inMess());
        return all.size();
    }

    /** How many wait in the drop to be taken. */
    public int dropped() throws IOException {
        Set<String> names = names(queue.drop());
        names.removeIf(text -> MessageName.parse(text).isEmpty());
        return names.size();
    }

    /** The names of those that are held. */
    public Set<String> held() throws IOException {
        try {
            return names(queue.held());
        } catch (OsException e) {
            if (Errno.of(e) == Errno.ENOENT) {
                return Set.of(); // A queue that no newer Postern has opened yet.
            }
            throw e;
        }
    }

    private static Set<String> names(Path directory) throws IOException {
        Set<String> names = new HashSet<>();
        visit(directory, names::add);
        return names;
    }

    private static void visit(Path directory, Directory.Visit visit) throws IOException {
        try (Directory open = Directory.open(Octets.of(directory))) {
            open.names(visit);
        }
    }

    /** One message, to read its text. */
    public QueuedMessage message(MessageName name) throws IOException {
        Path file = queue.mess().resolve(name.text());
        LogRecovery.In inLog = Files.exists(file) ? null : inLog().get(name);
        return QueuedMessage.read(name, () -> inLog == null ? Place.whole(file) : inLog.place());
    }

    /** The messages that have no file of their own. */
    private Map<MessageName, LogRecovery.In> inLog() throws IOException {
        if (Files.notExists(queue.log())) {
            return Map.of(); // A queue that no newer Postern has opened yet.
        }
        for (int tries = TRIES; ; tries--) {
            try {
                return LogRecovery.read(queue, Set.of(), line -> {}).messages();
            } catch (NoSuchFileException e) {
                // A segment was removed in this moment.
                if (tries == 1) {
                    throw e;
                }
            }
        }
    }

    /** When what is to be tried again, as the last sender has left it. */
    public ScheduleFile schedule() {
        return new ScheduleFile(queue.schedule(), Disk.real());
    }

    /** Receives messages. */
    @FunctionalInterface
    public interface Each {
        void message(Listed message) throws IOException;
    }

    /**
     * Reads envelopes, in as many threads as there are processors.
     *
     * @param each gets them, the oldest first
     */
    public void read(Predicate<MessageName> wanted, Each each) throws IOException {
        // First the log: what gets its file meanwhile is seen twice rather than not at all.
        Map<MessageName, LogRecovery.In> alone = new HashMap<>(inLog());
        Set<MessageName> all = inMess();
        alone.keySet().removeAll(all);
        all.addAll(alone.keySet());
        List<MessageName> names =
                all.stream().filter(wanted).sorted(MessageName.ORDER).toList();
        Set<String> marked = names(queue.marks());
        int processors = Runtime.getRuntime().availableProcessors();
        try (ExecutorService workers = Executors.newFixedThreadPool(processors)) {
            ArrayDeque<Future<List<Listed>>> under = new ArrayDeque<>();
            for (int from = 0; from < names.size() || !under.isEmpty(); from += PORTION) {
                if (from < names.size()) {
                    List<MessageName> portion = names.subList(from, Math.min(names.size(), from + PORTION));
                    under.add(workers.submit(() -> read(portion, marked, alone)));
                }
                if (under.size() > 2 * processors || from + PORTION >= names.size()) {
                    for (Listed message : result(under.remove())) {
                        each.message(message);
                    }
                }
            }
        }
    }

    private static List<Listed> result(Future<List<Listed>> portion) throws IOException {
        try {
            return portion.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("while reading envelopes");
        } catch (ExecutionException e) {
            throw new IOException(
                    e.getCause() == null
                            ? e.toString()
                            : String.valueOf(e.getCause().getMessage()),
                    e);
        }
    }

    private List<Listed> read(List<MessageName> names, Set<String> marked, Map<MessageName, LogRecovery.In> inLog)
            throws IOException {
        List<Listed> messages = new ArrayList<>();
        try (Reader reader = new Reader(marked)) {
            for (MessageName name : names) {
                LogRecovery.In there = inLog.get(name);
                Optional<Outline> outline = there == null ? reader.outline(name) : reader.outline(name, there.place());
                outline.ifPresent(o -> messages.add(o.of(name)));
            }
        }
        return messages;
    }

    /** Reads envelopes, one after the other. For one thread at a time. */
    public Reader reader() throws IOException {
        return new Reader(names(queue.marks()));
    }

    /** Two directories open, so that each message costs a handful of system calls. */
    public final class Reader implements AutoCloseable {
        private final Directory mess = Directory.open(Octets.of(queue.mess()));
        /** Mostly few: asking for each message's would double the cost. */
        private final Set<String> marked;

        private Reader(Set<String> marked) throws IOException {
            this.marked = marked;
        }

        /** A message that has a file, and what is done of it; empty where there is none. */
        public Optional<Outline> outline(MessageName name) throws IOException {
            MessageFile file = QueueFiles.read(mess.descriptor(), name.text());
            return file == null ? Optional.empty() : Optional.of(file.outline(marks(name)));
        }

        private Optional<Outline> outline(MessageName name, Place place) throws IOException {
            try {
                return Optional.of(QueuedMessage.read(name, () -> place).outline(marks(name)));
            } catch (NoSuchFileException e) {
                return outline(name); // It has its file now, or is gone.
            }
        }

        private @Nullable Marks marks(MessageName name) throws IOException {
            Path file = queue.marks().resolve(name.text());
            return marked.contains(name.text())
                    ? Marks.read(Disk.real(), file, new SharedSync(Disk.real(), queue.marks()))
                    : null;
        }

        @Override
        public void close() {
            mess.close();
        }
    }

    /** Envelope and footer are at the file's end: mostly one read has both. Null where the file is gone. */
    private static @Nullable MessageFile read(int mess, String name) throws IOException {
        int descriptor = FilesAt.open(mess, name);
        if (descriptor < 0) {
            if (descriptor == -Errno.ENOENT.number()) {
                return null;
            }
            throw new OsException("open", -descriptor);
        }
        try {
            long size = FilesAt.status(descriptor).size();
            int length = (int) Math.min(size, MOSTLY);
            byte[] end = at(descriptor, size - length, length);
            return MessageFile.read(
                    (position, wanted) -> {
                        int from = (int) Math.max(position - size + length, -1);
                        return from < 0
                                ? at(descriptor, position, wanted)
                                : Arrays.copyOfRange(end, from, from + wanted);
                    },
                    size);
        } finally {
            Descriptor.close(descriptor);
        }
    }

    private static byte[] at(int descriptor, long position, int length) throws IOException {
        byte[] octets = new byte[length];
        if (Descriptor.readAt(descriptor, position, octets) < length) {
            throw new MessageFile.Malformed("became shorter while being read");
        }
        return octets;
    }
}
