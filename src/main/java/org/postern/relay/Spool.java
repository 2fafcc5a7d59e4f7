package org.postern.relay;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;

/**
 * The directory in which the grants lie: given by its path, or by an open descriptor, which also serves those who may
 * not pass the directories above it.
 *
 * @param descriptor the directory, or {@link FilesAt#WORKING_DIRECTORY}
 * @param prefix what stands before a name
 * @param path the directory, to read its names
 * @param called what messages call it
 * @param mode the permissions of the files written
 */
public record Spool(int descriptor, String prefix, Path path, String called, int mode) {
    /** By path. relay-ctrl writes for its own user alone. */
    public static Spool at(Path directory) {
        return at(directory, Octets.of(directory), 0600);
    }

    /** By path, named in messages as the administrator wrote it. */
    public static Spool at(Path directory, String called, int mode) {
        return new Spool(
                FilesAt.WORKING_DIRECTORY, Octets.of(directory.toAbsolutePath()) + "/", directory, called, mode);
    }

    /** By descriptor. relay-ctrl writes for everybody: each POP user renews the file, and SMTP's user reads it. */
    public static Spool behind(int descriptor) {
        return new Spool(descriptor, "", Path.of("/proc/self/fd/" + descriptor), "", 0666);
    }

    /** What a system call is given for the name. */
    String at(String name) {
        return prefix + name;
    }

    /** A file, opened for reading as {@link FilesAt#open} does; a descriptor, or -errno. */
    int open(String name) {
        return FilesAt.open(descriptor, at(name));
    }

    /** Takes a name away; 0, or -errno. */
    int unlink(String name) {
        return FilesAt.unlink(descriptor, at(name));
    }

    /** What has the name. */
    FilesAt.Status status(String name) throws OsException {
        return FilesAt.status(descriptor, at(name));
    }

    /** Why nothing can be found or made there at all; null where the directory is well. */
    public @Nullable String trouble() {
        try {
            // As chdir(2) would: it must be a directory, and may be searched.
            FilesAt.status(descriptor, prefix + ".");
            return null;
        } catch (OsException e) {
            return (prefix.isEmpty()
                            ? "Could not chdir to FD " + called
                            : "Could not change directory to '" + called + "'")
                    + ": " + Errno.text(e.errno());
        }
    }
}
