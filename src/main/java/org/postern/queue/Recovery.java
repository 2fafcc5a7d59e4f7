package org.postern.queue;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.chain.Log;
import org.postern.file.Disk;
import org.postern.os.Octets;

/** What the owner does once, at its start, with what it finds: the last column of the table in docs/queue.md. */
final class Recovery {
    private final QueueDirectory queue;
    private final Disk disk;
    private final Log log;
    private final Set<String> found = new HashSet<>();

    Recovery(QueueDirectory queue, Disk disk, Log log) {
        this.queue = queue;
        this.disk = disk;
        this.log = log;
    }

    /**
     * What is in the queue.
     *
     * @param names all messages, the oldest first
     * @param inLog those that have no file yet
     * @param held the names of those that are held
     */
    record Found(List<MessageName> names, LogRecovery inLog, Set<String> held) {}

    Found run() throws IOException {
        List<MessageName> names = messages();
        removeTakenTwice(names);
        LogRecovery inLog = LogRecovery.read(queue, found, log);
        makeDurable(inLog);
        for (MessageName name : inLog.messages().keySet()) {
            names.add(name);
            found.add(name.text());
        }
        removeOrphanedMarks();
        Set<String> held = held();
        names.sort(MessageName.ORDER);
        return new Found(names, inLog, held);
    }

    private List<MessageName> messages() throws IOException {
        List<MessageName> names = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(queue.mess())) {
            for (Path entry : entries) {
                String text = entry.getFileName().toString();
                Optional<MessageName> name = MessageName.parse(text);
                if (name.isPresent()) {
                    names.add(name.get());
                    found.add(text);
                } else if (text.endsWith(".new")) {
                    disk.unlink(entry); // D3, M1
                } else {
                    log.line("warning: " + entry + " is no message: not touched");
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }

    /** D4. */
    private void removeTakenTwice(List<MessageName> names) throws IOException {
        Set<String> taken = new HashSet<>();
        for (MessageName name : names) {
            taken.add(name.dropName());
        }
        List<Path> twice = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(queue.drop())) {
            for (Path entry : entries) {
                if (taken.contains(entry.getFileName().toString())) {
                    twice.add(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        if (!twice.isEmpty()) {
            // After kill -9 the copy may have its name in memory only.
            disk.syncDirectory(queue.mess());
            for (Path entry : twice) {
                disk.unlink(entry);
            }
            disk.syncDirectory(queue.drop());
        }
    }

    /**
     * After kill -9 a D may be in memory only, or the name in mess/ of a message that has just got its file, or that an earlier
     * segment is gone, whose messages a later one says are done: marks and segments are removed because of them.
     */
    private void makeDurable(LogRecovery inLog) throws IOException {
        disk.syncDirectory(queue.log());
        if (!inLog.segments().isEmpty()) {
            for (Segment segment : inLog.segments()) {
                try (Disk.Output out = disk.append(segment.path)) {
                    out.sync();
                }
            }
            disk.syncDirectory(queue.mess());
        }
    }

    /** M4. */
    private void removeOrphanedMarks() throws IOException {
        List<Path> orphaned = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(queue.marks())) {
            for (Path entry : entries) {
                if (!found.contains(entry.getFileName().toString())) {
                    orphaned.add(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        if (!orphaned.isEmpty()) {
            // After kill -9 the message may be gone in memory only; it must not come back without its marks.
            disk.syncDirectory(queue.mess());
            for (Path entry : orphaned) {
                disk.unlink(entry);
            }
        }
    }

    /** Where a message went, and its hold could not be removed with it, it is removed now. */
    private Set<String> held() throws IOException {
        Set<String> held = new HashSet<>(new QueueFiles(queue).held());
        for (String name : List.copyOf(held)) {
            if (!found.contains(name)) {
                disk.unlink(queue.held().resolve(Octets.path(name)));
                held.remove(name);
            }
        }
        return held;
    }
}
