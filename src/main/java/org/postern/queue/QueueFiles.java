package org.postern.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postern.file.Disk;
import org.postern.file.SharedSync;
import org.postern.os.Descriptor;
import org.postern.os.Directory;
import org.postern.os.Errno;
import org.postern.os.FileEnds;
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

    /**
     * All messages, in no order: first those in the log, since what gets its file meanwhile is to be seen twice rather than not at
     * all. What turns out to have a file is taken out of the map.
     */
    private List<MessageName> all(Map<MessageName, LogRecovery.In> inLog) throws IOException {
        List<MessageName> all = new ArrayList<>();
        visit(queue.mess(), text -> MessageName.parse(text).ifPresent(all::add));
        if (!inLog.isEmpty()) {
            all.forEach(inLog::remove);
            all.addAll(inLog.keySet());
        }
        return all;
    }

    /** How many messages were taken, and are still there. */
    public int count() throws IOException {
        return all(inLog()).size();
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
            return new HashMap<>(); // A queue that no newer Postern has opened yet.
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
        Map<MessageName, LogRecovery.In> inLog = inLog();
        List<MessageName> names = all(inLog);
        names.removeIf(wanted.negate());
        names.sort(MessageName.ORDER);
        Set<String> marked = names(queue.marks());
        List<List<MessageName>> portions = new ArrayList<>();
        for (int from = 0; from < names.size(); from += PORTION) {
            portions.add(names.subList(from, Math.min(names.size(), from + PORTION)));
        }
        InOrder.read(portions, PORTION * 1000L, portion -> read(portion, marked, inLog), (_, messages) -> {
            for (Listed message : messages) {
                each.message(message);
            }
        });
    }

    private List<Listed> read(List<MessageName> names, Set<String> marked, Map<MessageName, LogRecovery.In> inLog)
            throws IOException {
        List<Listed> messages = new ArrayList<>();
        try (Reader reader = new Reader(marked)) {
            for (MessageName name : names) {
                LogRecovery.In there = inLog.get(name);
                MessageFile file = there == null ? reader.file(name) : reader.file(name, there.place());
                if (file != null) {
                    messages.add(file.listed(name, reader.marks(name)));
                }
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
        private final FileEnds files = new FileEnds(MOSTLY);
        /** Mostly few: asking for each message's would double the cost. */
        private final Set<String> marked;
        /** The one that the last message was in, open. */
        private @Nullable Path segment;

        private int segmentDescriptor;

        private Reader(Set<String> marked) throws IOException {
            this.marked = marked;
        }

        /** A message that has a file, and what is done of it; empty where there is none. */
        public Optional<Outline> outline(MessageName name) throws IOException {
            MessageFile file = file(name);
            return file == null ? Optional.empty() : Optional.of(file.outline(marks(name)));
        }

        private @Nullable MessageFile file(MessageName name) throws IOException {
            int descriptor = isThere(files.open(mess.descriptor(), name.text()));
            if (descriptor < 0) {
                return null;
            }
            try {
                return read(descriptor, 0, files.size(descriptor));
            } finally {
                Descriptor.close(descriptor);
            }
        }

        /** One in the log. */
        private @Nullable MessageFile file(MessageName name, Place place) throws IOException {
            if (!place.file().equals(segment)) {
                closeSegment();
                segmentDescriptor = isThere(FilesAt.open(FilesAt.WORKING_DIRECTORY, Octets.of(place.file())));
                segment = segmentDescriptor < 0 ? null : place.file();
            }
            return segment == null
                    ? file(name) // It has its file now, or is gone.
                    : read(segmentDescriptor, place.offset(), place.length());
        }

        private void closeSegment() {
            if (segment != null) {
                segment = null;
                Descriptor.close(segmentDescriptor);
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
            closeSegment();
            files.close();
            mess.close();
        }

        /** Envelope and footer are at a message's end: mostly one read has both. */
        private MessageFile read(int descriptor, long offset, long size) throws IOException {
            int length = (int) Math.min(size, MOSTLY);
            byte[] end = at(descriptor, offset + size - length, length);
            return MessageFile.read(
                    (position, wanted) -> {
                        int from = (int) Math.max(position - size + length, -1);
                        return from < 0
                                ? at(descriptor, offset + position, wanted)
                                : Arrays.copyOfRange(end, from, from + wanted);
                    },
                    size);
        }

        private byte[] at(int descriptor, long position, int length) throws IOException {
            byte[] octets = new byte[length];
            if (files.read(descriptor, position, octets) < length) {
                throw new MessageFile.Malformed("became shorter while being read");
            }
            return octets;
        }
    }

    /** Negative where there is nothing of that name. */
    private static int isThere(int descriptor) throws IOException {
        if (descriptor < 0 && descriptor != -Errno.ENOENT.number()) {
            throw new OsException("open", -descriptor);
        }
        return descriptor;
    }
}
