package org.postern.maildir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The directories that make a Maildir, and how they are made: only the owner can enter. */
public final class Maildir {
    /** In the order maildirmake makes them. */
    public static final List<String> PARTS = List.of("tmp", "new", "cur");

    private Maildir() {}

    /** Makes a Maildir that must not exist yet. */
    public static void make(Path directory) throws IOException {
        makeDirectory(directory);
        for (String part : PARTS) {
            makeDirectory(directory.resolve(part));
        }
    }

    /** Makes one directory with mode 0700, whatever the umask. */
    public static void makeDirectory(Path directory) throws IOException {
        Files.createDirectory(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
}
