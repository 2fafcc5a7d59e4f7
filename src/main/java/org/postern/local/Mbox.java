package org.postern.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.postern.file.Disk;
import org.postern.os.Errno;

/**
 * Appends to mboxes (mbox(5)). The file is locked by fcntl(2), which mail readers of today look at (qmail's flock(2)
 * does not stop them), and cut back to what it was where a write fails.
 */
final class Mbox {
    private static final Set<OpenOption> APPEND =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);

    /** Locks of fcntl are the process's: inside it these stand for them, by the file's name. */
    private final ReentrantLock[] inProcess = new ReentrantLock[64];

    private final Duration lockLimit;

    Mbox(Duration lockLimit) {
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

    private Optional<String> appendHere(Path file, String name, EnvelopeLines lines, InputStream message)
            throws InterruptedException {
        boolean isNew = Files.notExists(file);
        try (FileChannel mbox = open(file)) {
            if (!lock(mbox)) {
                return slowLock();
            }
            long before = mbox.size();
            try {
                MboxWriter writer = new MboxWriter(octets -> write(mbox, octets));
                writer.head(lines.from() + lines.head());
                writer.message(message);
                mbox.force(true);
                if (isNew) {
                    syncDirectory(file);
                }
                return Optional.empty();
            } catch (MboxWriter.Unreadable e) {
                mbox.truncate(before);
                return Optional.of("Unable to read message: " + Errno.djbText(e.why()) + ". (#4.3.0)");
            } catch (IOException e) {
                mbox.truncate(before);
                return Optional.of("Unable to write " + name + ": " + Errno.djbText(e) + ". (#4.3.0)");
            }
        } catch (IOException e) {
            return Optional.of("Unable to open " + name + ": " + Errno.djbText(e) + ". (#4.2.1)");
        }
    }

    /** Else the new file might not survive a power cut. A directory that the user may write to, not read, has no way. */
    private static void syncDirectory(Path file) throws IOException {
        Path directory = file.toAbsolutePath().resolveSibling("");
        try {
            Disk.real().syncDirectory(directory);
        } catch (AccessDeniedException e) {
            return;
        }
    }

    private Optional<String> slowLock() {
        return Optional.of("File has been locked for " + lockLimit.toSeconds() + " seconds straight. (#4.3.0)");
    }

    private static FileChannel open(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("not a regular file");
        }
        return FileChannel.open(
                file, APPEND, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** Waits for the lock, which goes with the channel. */
    private boolean lock(FileChannel mbox) throws IOException, InterruptedException {
        long end = System.nanoTime() + lockLimit.toNanos();
        while (true) {
            try {
                if (mbox.tryLock() != null) {
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

    private static void write(FileChannel mbox, byte[] octets) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(octets);
        while (buffer.hasRemaining()) {
            mbox.write(buffer);
        }
    }
}
