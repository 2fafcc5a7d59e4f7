package org.postern.file;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * The real file system, and beside it a record of what a power cut would leave: of each file what was synced, of each
 * directory what was synced and the changes since, in their order. Power can be cut, or an error thrown, at any
 * operation.
 */
public final class TestingDisk implements Disk {
    private final Disk real = Disk.real();
    private final Map<Path, Inode> now = new HashMap<>();
    private final Map<Path, Directory> directories = new TreeMap<>();
    private final List<String> operations = new ArrayList<>();
    private long cutAt = Long.MAX_VALUE;
    private Fault fault = (operation, file) -> null;

    /** An error for an operation; null for none. */
    @FunctionalInterface
    public interface Fault {
        IOException of(String operation, Path file);
    }

    /** What of the unsynced a power cut leaves. */
    public enum Left {
        NOTHING,
        EVERYTHING,
        /** Of each directory's changes the first few, of each file a piece, perhaps torn. */
        SOMETHING,
        /** Names that were removed are gone, and those that were added are not there. */
        REMOVALS
    }

    private static final class Inode {
        final ByteArrayOutputStream content = new ByteArrayOutputStream();
        byte[] synced = {};
    }

    private static final class Directory {
        final Map<String, Inode> synced = new TreeMap<>();
        final List<Change> since = new ArrayList<>();
    }

    /** @param inode null: the name is gone */
    private record Change(String name, Inode inode, String goneToo) {}

    /** The operation of this number, from 1, and all later ones fail: the machine is off. */
    public synchronized TestingDisk cuttingPowerAt(long operation) {
        cutAt = operation;
        return this;
    }

    public synchronized void fault(Fault newFault) {
        fault = newFault;
    }

    public synchronized List<String> operations() {
        return List.copyOf(operations);
    }

    public synchronized boolean isOff() {
        return operations.size() >= cutAt;
    }

    /** Writes what is left of the files below one root to another one. */
    public synchronized void materialise(Path from, Path to, Left left, RandomGenerator random) {
        try {
            for (Map.Entry<Path, Directory> e : directories.entrySet()) {
                Path target = to.resolve(from.relativize(e.getKey()));
                Files.createDirectories(target);
                for (Map.Entry<String, Inode> file :
                        names(e.getValue(), left, random).entrySet()) {
                    Files.write(target.resolve(file.getKey()), octets(file.getValue(), left, random));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Inode> names(Directory directory, Left left, RandomGenerator random) {
        Map<String, Inode> names = new TreeMap<>(directory.synced);
        List<Change> kept = switch (left) {
            case NOTHING -> List.of();
            case EVERYTHING -> directory.since;
            case SOMETHING -> directory.since.subList(0, random.nextInt(directory.since.size() + 1));
            case REMOVALS ->
                directory.since.stream().filter(change -> change.inode == null).toList();
        };
        kept.forEach(change -> apply(change, names));
        return names;
    }

    private static void apply(Change change, Map<String, Inode> names) {
        if (change.goneToo != null) {
            names.remove(change.goneToo);
        }
        if (change.inode == null) {
            names.remove(change.name);
        } else {
            names.put(change.name, change.inode);
        }
    }

    private static byte[] octets(Inode inode, Left left, RandomGenerator random) {
        byte[] all = inode.content.toByteArray();
        return switch (left) {
            case NOTHING, REMOVALS -> inode.synced;
            case EVERYTHING -> all;
            case SOMETHING -> {
                // Torn: what was synced, a piece of the rest, and zeros where a block did not make it.
                int length = inode.synced.length + random.nextInt(all.length - inode.synced.length + 1);
                byte[] torn = java.util.Arrays.copyOf(all, length);
                if (length > inode.synced.length && random.nextBoolean()) {
                    torn[length - 1] = 0;
                }
                yield torn;
            }
        };
    }

    private void operation(String name, Path file) throws IOException {
        operations.add(name + " " + file.getFileName());
        if (operations.size() >= cutAt) {
            throw new IOException("power cut");
        }
        IOException thrown = fault.of(name, file);
        if (thrown != null) {
            throw thrown;
        }
    }

    private void change(Path file, Inode inode, String goneToo) {
        Directory directory = directories.get(file.getParent());
        if (directory != null) {
            directory.since.add(new Change(file.getFileName().toString(), inode, goneToo));
        }
    }

    @Override
    public synchronized Output create(Path file, int mode) throws IOException {
        operation("create", file);
        Output output = real.create(file, mode);
        Inode inode = new Inode();
        now.put(file, inode);
        change(file, inode, null);
        return new RecordedOutput(file, inode, output);
    }

    @Override
    public synchronized Output append(Path file) throws IOException {
        operation("append", file);
        return new RecordedOutput(file, now.computeIfAbsent(file, f -> new Inode()), real.append(file));
    }

    @Override
    public synchronized void createDirectory(Path directory, int mode) throws IOException {
        operation("mkdir", directory);
        real.createDirectory(directory, mode);
        directories.put(directory, new Directory());
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        operation("rename", to);
        real.rename(from, to);
        Inode inode = now.remove(from);
        now.put(to, inode);
        boolean within = from.getParent().equals(to.getParent());
        change(to, inode, within ? from.getFileName().toString() : null);
        if (!within) {
            change(from, null, null);
        }
    }

    @Override
    public synchronized void link(Path existing, Path added) throws IOException {
        operation("link", added);
        real.link(existing, added);
        now.put(added, now.get(existing));
        change(added, now.get(existing), null);
    }

    @Override
    public synchronized void unlink(Path file) throws IOException {
        operation("unlink", file);
        real.unlink(file);
        now.remove(file);
        change(file, null, null);
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        operation("syncdir", directory);
        real.syncDirectory(directory);
        Directory recorded = directories.get(directory);
        if (recorded != null) {
            recorded.since.forEach(change -> apply(change, recorded.synced));
            recorded.since.clear();
        }
    }

    private final class RecordedOutput implements Output {
        private final Path file;
        private final Inode inode;
        private final Output output;

        RecordedOutput(Path file, Inode inode, Output output) {
            this.file = file;
            this.inode = inode;
            this.output = output;
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            synchronized (TestingDisk.this) {
                operation("write", file);
                output.write(from, offset, length);
                inode.content.write(from, offset, length);
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (TestingDisk.this) {
                operation("sync", file);
                inode.synced = inode.content.toByteArray();
            }
        }

        @Override
        public void close() throws IOException {
            output.close();
        }
    }
}
