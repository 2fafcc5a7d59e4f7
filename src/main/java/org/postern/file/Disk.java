package org.postern.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;

/**
 * The file operations that durability is made of. One interface, so that tests can record every single one and restart
 * on the disk as a power cut may leave it.
 */
public interface Disk {
    /**
     * Creates a file that must not exist yet.
     *
     * @param mode permission bits, not changed by the umask
     */
    Output create(Path file, int mode) throws IOException;

    /** Opens an existing file; what is written goes to its end. */
    Appended append(Path file) throws IOException;

    /**
     * Makes a directory that must not exist yet.
     *
     * @param mode permission bits, sticky and set-group-id included, not changed by the umask
     */
    void createDirectory(Path directory, int mode) throws IOException;

    /** Moves a file over whatever has the new name, in one step. Durable only after {@link #syncDirectory}. */
    void rename(Path from, Path to) throws IOException;

    /** Gives a file a second name, which must not exist yet. */
    void link(Path existing, Path added) throws IOException;

    void unlink(Path file) throws IOException;

    /** What was created, renamed, linked or unlinked in the directory will survive a power cut. */
    void syncDirectory(Path directory) throws IOException;

    /** A file being written. Closing does not sync. */
    interface Output extends Closeable {
        void write(byte[] from, int offset, int length) throws IOException;

        /** What was written will survive a power cut. */
        void sync() throws IOException;
    }

    /** A file that others may append to as well. */
    interface Appended extends Output {
        long size() throws IOException;

        /** Cuts the file back to so many octets. */
        void truncate(long size) throws IOException;

        /**
         * Locks it by fcntl(2), until it is closed.
         *
         * @return false where another process has the lock
         * @throws java.nio.channels.OverlappingFileLockException where this process has it
         */
        boolean tryLock() throws IOException;
    }

    /** The real one. */
    static Disk real() {
        return RealDisk.INSTANCE;
    }

    /** This one, with so many syncs under way at most: more only get into each other's way. */
    default Disk limitingSyncs(int atOnce) {
        return new LimitedDisk(this, atOnce);
    }
}
