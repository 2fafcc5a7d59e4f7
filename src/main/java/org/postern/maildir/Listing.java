package org.postern.maildir;

import java.io.IOException;
import java.nio.file.Path;
import org.postern.os.Directory;
import org.postern.os.FilesAt;
import org.postern.os.Octets;

/** Lists tmp/, new/ or cur/: all names but those that begin with a dot. */
final class Listing {
    private Listing() {}

    /** What is done with each file. Where it fails the file is passed over. */
    interface Visit {
        void file(String name) throws IOException;
    }

    /** What is done with each file that is still there, and is no link to nowhere. */
    interface StatusVisit {
        void file(String name, FilesAt.Status status) throws IOException;
    }

    static void names(Path part, Visit visit) throws IOException {
        try (Directory directory = Directory.open(Octets.of(part))) {
            names(directory, visit);
        }
    }

    static void files(Path part, StatusVisit visit) throws IOException {
        try (Directory directory = Directory.open(Octets.of(part))) {
            names(directory, name -> {
                FilesAt.Status status =
                        FilesAt.find(directory.descriptor(), name).status();
                if (status != null) {
                    visit.file(name, status);
                }
            });
        }
    }

    private static void names(Directory directory, Visit visit) throws IOException {
        directory.names(name -> {
            if (name.charAt(0) != '.') {
                lookAt(name, visit);
            }
        });
    }

    private static void lookAt(String name, Visit visit) {
        try {
            visit.file(name);
        } catch (IOException e) {
            // It has vanished: nothing to be listed.
            return;
        }
    }
}
