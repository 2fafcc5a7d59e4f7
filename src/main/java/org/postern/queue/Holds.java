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

    Holds(QueueDirectory queue, Disk disk) {
        this.directory = queue.held();
        this.disk = disk;
    }

    /** Durable at return: all of them, or, where it throws, none that was not held before. */
    void hold(Collection<MessageName> names) throws IOException {
        List<Path> made = new ArrayList<>();
        boolean done = false;
        try {
            for (MessageName name : names) {
                Path file = directory.resolve(name.text());
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
                for (Path file : made) {
                    disk.unlink(file);
                }
            }
        }
    }

    /** Durable at return. */
    void release(Collection<MessageName> names) throws IOException {
        for (MessageName name : names) {
            forget(name);
        }
        disk.syncDirectory(directory);
    }

    /** The message is gone: that its hold goes, too, need not be durable. */
    void forget(MessageName name) throws IOException {
        try {
            disk.unlink(directory.resolve(name.text()));
        } catch (NoSuchFileException e) {
            // Not held.
            return;
        }
    }
}
