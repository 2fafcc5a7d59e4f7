package org.postern.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.postern.file.Disk;
import org.postern.os.Errno;

/**
 * Appends to mboxes (mbox(5)). The file is locked by fcntl(2), which mail readers of today look at (qmail's flock(2)
 * does not stop them), and cut back to what it was where a write fails.
 */
final class Mbox {
    private static final int MOST_LINKS = 40;
    private static final int MOST_SOUND = 10_000;

    /** Locks of fcntl are the process's: inside it these stand for them, by the file's name. */
    private final ReentrantLock[] inProcess = new ReentrantLock[64];

    /** Files that end in a whole message, and whose names are durable: this process has seen to that. */
    private final Set<Path> sound = ConcurrentHashMap.newKeySet();

    private final Disk disk;
    private final Duration lockLimit;

    Mbox(Disk disk, Duration lockLimit) {
        this.disk = disk;
        this.lockLimit = lockLimit;
        for (int i = 0; i < inProcess.length; i++) {
            inProcess[i] = new ReentrantLock();
        }
    }

    /** Appends; a report where it could not. Runs with the user's rights. */
    Optional<String> append(Path file, String name, EnvelopeLines lines, InputStream message)
            throws InterruptedException {
        ReentrantLock lock = inProcess[Math.floorMod(file.hashCode(), inProcess.length)];
        if (!lock.tryLock(lockLimit.toMillis(), TimeUnit.MILLISECONDS)) {
            return slowLock();
        }
        try {
            return appendHere(file, name, lines, message);
        } finally {
            lock.unlock();
        }
    }

    private Optional<String> appendHere(Path link, String name, EnvelopeLines lines, InputStream message)
            throws InterruptedException {
        try {
            Path file = behindLinks(link);
            // Without a look at the file's end once it is locked: to close it would end the lock.
            String gap = sound.contains(file) ? "" : gap(file);
            try (Disk.Appended mbox = open(file)) {
                if (!lock(mbox)) {
                    return slowLock();
                }
                return write(file, name, mbox, gap, lines, message);
            }
        } catch (IOException e) {
            return Optional.of("Unable to open " + name + ": " + Errno.djbText(e) + ". (#4.2.1)");
        }
    }

    private Optional<String> write(
            Path file, String name, Disk.Appended mbox, String gap, EnvelopeLines lines, InputStream message)
            throws IOException {
        long before = mbox.size();
        try {
            MboxWriter writer = new MboxWriter(octets -> mbox.write(octets, 0, octets.length));
            writer.head(gap + lines.from() + lines.head());
            writer.message(message);
            mbox.sync();
            if (!sound.contains(file)) {
                syncDirectory(file);
                remember(file);
            }
            return Optional.empty();
        } catch (MboxWriter.Unreadable e) {
            cut(file, mbox, before);
            return Optional.of("Unable to read message: " + Errno.djbText(e.why()) + ". (#4.3.0)");
        } catch (IOException e) {
            cut(file, mbox, before);
            return Optional.of("Unable to write " + name + ": " + Errno.djbText(e) + ". (#4.3.0)");
        }
    }

    /** Takes back what was written of a message. What cannot be taken back, the next one keeps its distance from. */
    private void cut(Path file, Disk.Appended mbox, long before) throws IOException {
        sound.remove(file);
        mbox.truncate(before);
    }

    private void remember(Path file) {
        if (sound.size() >= MOST_SOUND) {
            sound.clear();
        }
        sound.add(file);
    }

    /** The file itself, which need not be there yet: {@link Disk} follows no links. */
    private static Path behindLinks(Path link) throws IOException {
        Path file = link;
        for (int i = 0; Files.isSymbolicLink(file); i++) {
            if (i == MOST_LINKS) {
                throw new FileSystemLoopException(link.toString());
            }
            file = file.resolveSibling(Files.readSymbolicLink(file));
        }
        return file;
    }

    /**
     * What ends a message that a crash has left half written, so that the next one is seen as one: as far as they are missing, the end
     * of a line and an empty line.
     */
    private static String gap(Path file) throws IOException {
        if (Files.notExists(file)) {
            return "";
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException("not a regular file");
        }
        try (SeekableByteChannel mbox = Files.newByteChannel(file)) {
            ByteBuffer end = ByteBuffer.wrap(new byte[] {'\n', '\n'});
            mbox.position(Math.max(0, mbox.size() - 2));
            end.position((int) Math.max(0, 2 - mbox.size()));
            while (end.hasRemaining() && mbox.read(end) >= 0) {
                continue;
            }
            return end.get(1) != '\n' ? "\n\n" : end.get(0) != '\n' ? "\n" : "";
        } catch (AccessDeniedException e) {
            return ""; // A file that may be written to, not read.
        }
    }

    /** Else the new file might not survive a power cut. A directory that the user may write to, not read, has no way. */
    private void syncDirectory(Path file) throws IOException {
        try {
            disk.syncDirectory(file.toAbsolutePath().resolveSibling(""));
        } catch (AccessDeniedException e) {
            return;
        }
    }

    private Optional<String> slowLock() {
        return Optional.of("File has been locked for " + lockLimit.toSeconds() + " seconds straight. (#4.3.0)");
    }

    private Disk.Appended open(Path file) throws IOException {
        if (Files.notExists(file)) {
            try {
                disk.create(file, 0600).close();
            } catch (FileAlreadyExistsException e) {
                // Somebody else was faster.
            }
        }
        return disk.append(file);
    }

    /** Waits for the lock, which goes with the channel. */
    private boolean lock(Disk.Appended mbox) throws IOException, InterruptedException {
        long end = System.nanoTime() + lockLimit.toNanos();
        while (true) {
            try {
                if (mbox.tryLock()) {
                    return true;
                }
            } catch (OverlappingFileLockException e) {
                // The same file under another name, in this process.
                if (System.nanoTime() > end) {
                    return false;
                }
            }
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(100);
        }
    }
}
