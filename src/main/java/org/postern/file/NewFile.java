package org.postern.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.postern.os.Octets;

/** Writes a whole new file: it is there with all that is in it, durably, or not at all; what is there is not replaced. */
public final class NewFile {
    private NewFile() {}

    /**
     * Writes it.
     *
     * @param text octets
     * @param mode permission bits, from the first moment on
     * @throws java.nio.file.FileAlreadyExistsException where the name is taken
     */
    public static void write(Disk disk, Path file, String text, int mode) throws IOException {
        Path unfinished = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid());
        Disk.Output made = disk.create(unfinished, mode);
        try {
            try (Disk.Output out = made) {
                byte[] octets = Octets.bytes(text);
                out.write(octets, 0, octets.length);
                out.sync();
            }
            disk.link(unfinished, file);
        } finally {
            disk.unlink(unfinished);
        }
        disk.syncDirectory(Objects.requireNonNull(file.toAbsolutePath().getParent()));
    }
}
