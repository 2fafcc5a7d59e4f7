package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Files and directories that programs of every user need: made open to all, whatever the umask; and found closed. */
final class OpenToAll {
    private static final Set<PosixFilePermission> DIRECTORY = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-r--r--");

    private OpenToAll() {}

    /** Makes the directory and those above it that are missing, 755; what is there stays as it is. */
    static void directories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path above = directory.toAbsolutePath().getParent();
        if (above != null) {
            directories(above);
        }
        Files.createDirectory(directory);
        Files.setPosixFilePermissions(directory, DIRECTORY);
    }

    /** Makes a file, 644, and the directories above it. */
    static void file(Path file, String text) throws IOException {
        Path above = file.toAbsolutePath().getParent();
        if (above != null) {
            directories(above);
        }
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, FILE);
    }

    /** A file that others may not read, or a directory that they may not go through. */
    record Closed(Path path, String remedy) {}

    /**
     * Those of the path and of the directories above it, up to root, that are closed to other users.
     *
     * @param root where others come from: /, or what will be / of another machine
     */
    static List<Closed> closed(Path path, Path root) throws IOException {
        List<Closed> closed = new ArrayList<>();
        for (Path p = path; p != null && p.startsWith(root); p = p.getParent()) {
            boolean directory = Files.isDirectory(p);
            PosixFilePermission needed =
                    directory ? PosixFilePermission.OTHERS_EXECUTE : PosixFilePermission.OTHERS_READ;
            if (!Files.getPosixFilePermissions(p).contains(needed)) {
                closed.add(new Closed(p, "chmod o+" + (directory ? "x " : "r ") + p));
            }
        }
        return closed;
    }
}
