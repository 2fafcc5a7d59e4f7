package org.postern.local;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
        Path file = Files.createTempFile(directory, "postern-local-", "");
        try {
            try (InputStream in = message.open()) {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
            }
            // A program may open its /dev/stdin anew, which takes the right to read the file.
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            return new SpooledMessage(Descriptor.openFile(Octets.of(file)));
        } finally {
            Files.delete(file);
        }
    }

    /** A descriptor that stands at the message's beginning, with a position of its own. The caller closes it. */
    int open() throws OsException {
        return Descriptor.openFile("/proc/self/fd/" + descriptor);
    }

    @Override
    public void close() {
        Descriptor.close(descriptor);
    }
}
