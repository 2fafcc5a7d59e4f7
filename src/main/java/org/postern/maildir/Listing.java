package org.postern.maildir;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.postern.os.Octets;

/** Lists tmp/, new/ or cur/: all names but those that begin with a dot. */
final class Listing {
    private Listing() {}

    /** What is done with each file. Where it fails the file is passed over. */
    interface Visit {
        void file(Path file, String name) throws IOException;
    }

    static void of(Path part, Visit visit) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(part)) {
            for (Path file : files) {
                String name = Octets.of(file.getFileName());
                if (name.charAt(0) != '.') {
                    lookAt(file, name, visit);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static void lookAt(Path file, String name, Visit visit) {
        try {
            visit.file(file, name);
        } catch (IOException e) {
            // It has vanished, or is a link to nowhere: nothing to be listed.
            return;
        }
    }
}
