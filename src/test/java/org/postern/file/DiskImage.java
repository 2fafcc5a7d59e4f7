package org.postern.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A disk as a power cut has left it: each path, below one directory, with what it is.
 *
 * @param root the directory itself
 */
public record DiskImage(TestingDisk.Inode root, SortedMap<String, Entry> entries) {
    private static final TestingDisk.Inode MINE =
            new TestingDisk.Inode(false, 0, number("/proc/self", "unix:uid"), number("/proc/self", "unix:gid"));

    /** @param octets null for a directory */
    record Entry(TestingDisk.Inode inode, byte @Nullable [] octets) {}

    private static int number(String path, String attribute) {
        try {
            return (int) Files.getAttribute(Path.of(path), attribute);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** Two with the same are the same. */
    public String digest() {
        StringBuilder all = new StringBuilder();
        entries.forEach((path, entry) -> {
            all.append(path);
            if (entry.octets != null) {
                CRC32 crc = new CRC32();
                crc.update(entry.octets);
                all.append(' ').append(entry.octets.length).append(' ').append(crc.getValue());
            }
            all.append('\n');
        });
        return all.toString();
    }

    /** Makes it, in a directory that is not there yet. */
    public void writeTo(Path directory) throws IOException {
        Files.createDirectory(directory);
        give(directory, root);
        for (var one : entries.entrySet()) {
            Path path = directory.resolve(one.getKey());
            byte[] octets = one.getValue().octets;
            if (octets == null) {
                Files.createDirectory(path);
            } else {
                Files.write(path, octets);
            }
            give(path, one.getValue().inode);
        }
    }

    private static void give(Path path, TestingDisk.Inode inode) throws IOException {
        if (inode.uid() != MINE.uid()) {
            Files.setAttribute(path, "unix:uid", inode.uid());
            Files.setAttribute(path, "unix:gid", inode.gid());
        }
        Files.setAttribute(path, "unix:mode", inode.mode());
    }
}
