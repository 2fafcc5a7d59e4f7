package org.postern.control;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.postern.os.Directory;
import org.postern.os.Octets;

/**
 * The directory of the socket, open: the socket is named by its descriptor, since a socket's path may have 107 octets only.
 * It is 0700 and its owner's; so nobody else can reach the socket, or put another in its place.
 */
final class ControlPlace implements Closeable {
    private static final String SOCKET = "socket";

    private final Directory directory;

    private ControlPlace(Directory directory) {
        this.directory = directory;
    }

    static Path below(Path queue) {
        return queue.resolve("control");
    }

    /** @throws org.postern.os.OsException ENOENT where there is none; EACCES for who is neither root nor the owner */
    static ControlPlace open(Path queue) throws IOException {
        return new ControlPlace(Directory.open(Octets.of(below(queue))));
    }

    /** Makes it, where it is missing, and takes a socket away that a process has left. For who holds the queue's lock. */
    static ControlPlace make(Path queue) throws IOException {
        Path path = below(queue);
        try {
            Files.createDirectory(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            boolean safe = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                    && ((int) Files.getAttribute(path, "unix:mode") & 077) == 0
                    && Files.getOwner(path).equals(Files.getOwner(queue));
            if (!safe) {
                throw new IOException(path + " must be a directory of the queue's owner with mode 700: remove it", e);
            }
        }
        ControlPlace place = open(queue);
        place.removeSocket();
        return place;
    }

    Path socket() {
        return Path.of("/proc/self/fd/" + directory.descriptor(), SOCKET);
    }

    void removeSocket() throws IOException {
        Files.deleteIfExists(socket());
    }

    @Override
    public void close() {
        directory.close();
    }
}
