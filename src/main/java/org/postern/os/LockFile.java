package org.postern.os;

import java.io.Closeable;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file locked by flock(2) for as long as this process runs, its holder's pid inside. Java's own file locks will not
 * do: closing any channel on the file, even after a refused attempt, would release them for the whole process.
 */
public final class LockFile implements Closeable {
    private static final int PID_OCTETS = 32;

    private final int descriptor;

    private LockFile(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Locks the file, which is made where it is missing; empty where someone else has it locked. */
    public static Optional<LockFile> tryLock(Path file) throws IOException {
        int descriptor = FilesAt.openOrCreate(FilesAt.WORKING_DIRECTORY, Octets.of(file), 0600);
        if (descriptor < 0) {
            throw new OsException("open", -descriptor);
        }
        boolean kept = false;
        try {
            kept = FilesAt.lockExclusive(descriptor);
        } finally {
            if (!kept) {
                Descriptor.close(descriptor);
            }
        }
        if (!kept) {
            return Optional.empty();
        }
        writePid(descriptor);
        return Optional.of(new LockFile(descriptor));
    }

    private static void writePid(int descriptor) {
        // Not closed: that would free the lock.
        FileOutputStream out = new FileOutputStream(Descriptor.java(descriptor));
        try {
            out.getChannel().truncate(0);
            out.write(Octets.bytes(ProcessHandle.current().pid() + "\n"));
        } catch (IOException e) {
            // The disk is full, say. Locked it is all the same; by whom cannot be told.
            return;
        }
    }

    /** The pid in the file: who holds the lock, or held it last. Empty where there is none. */
    public static Optional<String> holder(Path file) {
        try (FileInputStream in = new FileInputStream(file.toFile())) {
            String pid = Octets.of(in.readNBytes(PID_OCTETS)).strip();
            return pid.isEmpty() || !pid.chars().allMatch(Character::isDigit) ? Optional.empty() : Optional.of(pid);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        Descriptor.close(descriptor);
    }
}
