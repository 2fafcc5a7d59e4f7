package org.postern.queue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.postern.file.Disk;

/** Which messages are held: each has an empty file of its name in held/. */
final class Holds {
    private final Path directory;
    private final Disk disk;
    private final Leftovers left;

    Holds(QueueDirectory queue, Disk disk, Leftovers left) {
        this.directory = queue.held();
        this.disk = disk;
        this.left = left;
    }

    /** Durable at return: all of them, or, where it throws, none that was not held before. */
    void hold(Collection<MessageName> names) throws IOException {
        List<Path> made = new ArrayList<>();
        boolean done = false;
        try {
            for (MessageName name : names) {
                Path file = directory.resolve(name.text());
                left.keep(file);
                try {
                    disk.create(file, 0600).close();
                    made.add(file);
                } catch (FileAlreadyExistsException e) {
                    // Held already.
                }
            }
            disk.syncDirectory(directory);
            done = true;
        } finally {
            if (!done) {
                made.forEach(left::remove);
            }
        }
    }

    /** Durable at return. */
    void release(Collection<MessageName> names) throws IOException {
        for (MessageName name : names) {
            try {
                disk.unlink(directory.resolve(name.text()));
            } catch (NoSuchFileException e) {
                // Not held.
            }
        }
        disk.syncDirectory(directory);
    }

    /** The message is gone: that its hold goes, too, need not be durable, nor now. */
    void forget(MessageName name) {
        left.remove(directory.resolve(name.text()));
    }
}
