package org.postern.maildir;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.postern.os.Directory;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;

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
            directory.names(name -> {
                FilesAt.Status status = name.charAt(0) == '.' ? null : look(directory.descriptor(), name);
                if (status != null) {
                    lookAt(name, n -> visit.file(n, status));
                }
            });
        }
    }

    /**
     * Null for a link to nowhere, and for what has vanished. What may not be looked at, or cannot be now, is neither: a
     * maildrop that seems empty is mail that seems lost.
     */
    private static FilesAt.@Nullable Status look(int directory, String name) throws OsException {
        FilesAt.Found found = FilesAt.find(directory, name);
        if (found.status() != null || found.errno() == Errno.ENOENT.number()) {
            return found.status();
        }
        FilesAt.Found itself = FilesAt.findName(directory, name);
        if (itself.status() == null && itself.errno() != Errno.ENOENT.number()) {
            throw new OsException("stat", itself.errno());
        }
        return null;
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
