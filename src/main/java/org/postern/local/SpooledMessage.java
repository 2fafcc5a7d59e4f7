package org.postern.local;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.postern.mail.MessageSource;
import org.postern.os.Descriptor;
import org.postern.os.Octets;
import org.postern.os.OsException;

/**
 * A message as a file that has no name: what programs of .qmail files read. A file and no pipe, since qmail's own
 * (forward, condredirect) go back to its beginning.
 */
final class SpooledMessage implements Closeable {
    private final int descriptor;

    private SpooledMessage(int descriptor) {
        this.descriptor = descriptor;
    }

    static SpooledMessage of(MessageSource message, Path directory) throws IOException {
        // Its mode is 0600, and stays so while it has a name: the message is nobody else's to read.
        Path file = Files.createTempFile(directory, "postern-local-", "");
        int descriptor;
        try {
            try (InputStream in = message.open();
                    OutputStream out = Files.newOutputStream(file, StandardOpenOption.WRITE)) {
                in.transferTo(out);
            }
            descriptor = Descriptor.openFile(Octets.of(file));
        } finally {
            Files.delete(file);
        }
        SpooledMessage spooled = new SpooledMessage(descriptor);
        try {
            // A program may open its /dev/stdin anew, which takes the right to read the file.
            Files.setPosixFilePermissions(spooled.path(), PosixFilePermissions.fromString("rw-r--r--"));
            return spooled;
        } catch (IOException e) {
            spooled.close();
            throw e;
        }
    }

    /** A descriptor that stands at the message's beginning, with a position of its own. The caller closes it. */
    int open() throws OsException {
        return Descriptor.openFile(Octets.of(path()));
    }

    private Path path() {
        return Path.of("/proc/self/fd/" + descriptor);
    }

    @Override
    public void close() {
        Descriptor.close(descriptor);
    }
}
