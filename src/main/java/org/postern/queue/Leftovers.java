package org.postern.queue;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.postern.file.Disk;

/**
 * Files that should be gone, and that a disk which is broken or read-only does not let go: they are tried again, so that
 * what was refused is not delivered after a restart, and nothing is left until then.
 */
final class Leftovers {
    /** More are not remembered: a restart finds them. */
    private static final int MOST = 10_000;

    private final Disk disk;
    private final Set<Path> files = new LinkedHashSet<>();

    Leftovers(Disk disk) {
        this.disk = disk;
    }

    /** Removes it, now or later. */
    synchronized void remove(Path file) {
        if (!isGone(file) && files.size() < MOST) {
            files.add(file);
        }
    }

    /** From here on the name is used again. */
    synchronized void keep(Path file) {
        files.remove(file);
    }

    /** Tries again. */
    synchronized void removeAll() {
        files.removeIf(this::isGone);
    }

    private boolean isGone(Path file) {
        try {
            disk.unlink(file);
            return true;
        } catch (NoSuchFileException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
