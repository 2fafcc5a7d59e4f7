package org.postern.queue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
    private static final int MOSTLY = Outline.MOST_OCTETS;

    private final QueueDirectory queue;

    public QueueFiles(QueueDirectory queue) {
        this.queue = queue;
    }

    /** The messages that were taken, the oldest first. */
    public List<MessageName> messages() throws IOException {
        List<MessageName> names = new ArrayList<>();
        visit(queue.mess(), text -> MessageName.parse(text).ifPresent(names::add));
        names.sort(Comparator.comparingLong(MessageName::id));
        return names;
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

    /** Reads envelopes, one after the other. For one thread at a time. */
    public Reader reader() throws IOException {
        return new Reader();
    }

    /** Two directories open, so that each message costs a handful of system calls. */
    public final class Reader implements AutoCloseable {
        private final Directory mess = Directory.open(Octets.of(queue.mess()));
        /** Mostly few: asking for each message's would double the cost. */
        private final Set<String> marked = names(queue.marks());

        private Reader() throws IOException {}

        /** A message and what is done of it; empty where it is gone. */
        public Optional<Outline> outline(MessageName name) throws IOException {
            MessageFile file = read(mess.descriptor(), name.text());
            if (file == null) {
                return Optional.empty();
            }
            BitSet finished = new BitSet();
            if (marked.contains(name.text())) {
                Path marks = queue.marks().resolve(name.text());
                finished = Marks.read(Disk.real(), marks, new SharedSync(Disk.real(), queue.marks()))
                        .finished();
            }
            return Optional.of(file.outline(finished));
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
                        return from < 0 ? at(descriptor, position, wanted) : Arrays.copyOfRange(end, from, from + wanted);
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
