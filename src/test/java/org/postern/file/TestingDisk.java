package org.postern.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postern.file.DiskStep.Changed;
import org.postern.file.DiskStep.Effect;
import org.postern.file.DiskStep.Name;

/**
 * The real file system, and beside it a record of every operation, from which {@link PowerCut} makes the disk as a power
 * cut may leave it. An operation can be made to fail, or the machine to stop at it. Syncs are only recorded: what reaches
 * the platter is what the record says.
 */
public final class TestingDisk implements Disk {
    private final Disk real = Disk.real();
    private final Map<Path, Integer> now = new HashMap<>();
    private final List<Inode> inodes = new ArrayList<>();
    private final List<DiskStep> steps = new ArrayList<>();
    private final List<String> operations = new ArrayList<>();
    private int known;
    private long stopsAt = Long.MAX_VALUE;
    private Fault fault = (operation, file) -> null;

    /** An error for an operation; null for none. */
    @FunctionalInterface
    public interface Fault {
        @Nullable
        IOException of(String operation, Path file);
    }

    /** What a file or directory was made with. */
    record Inode(boolean isDirectory, int mode, int uid, int gid) {
        static Inode of(Path file) throws IOException {
            return new Inode(
                    Files.isDirectory(file),
                    (int) Files.getAttribute(file, "unix:mode") & 07777,
                    (int) Files.getAttribute(file, "unix:uid"),
                    (int) Files.getAttribute(file, "unix:gid"));
        }
    }

    /** The operation of this number, from 1, and all later ones fail: the process is dead. */
    public synchronized TestingDisk stoppingAt(long operation) {
        stopsAt = operation;
        return this;
    }

    /** A new process goes on where the one that was stopped has left off: what it did not sync is in memory only. */
    public synchronized void resume() {
        stopsAt = Long.MAX_VALUE;
    }

    public synchronized void fault(Fault newFault) {
        fault = newFault;
    }

    public synchronized List<String> operations() {
        return List.copyOf(operations);
    }

    public synchronized boolean isOff() {
        return operations.size() >= stopsAt;
    }

    /** Enters into the record what happened outside, such as a 250. */
    public synchronized void note(Object what) {
        steps.add(new DiskStep.Noted(what));
    }

    /** What was done so far. */
    synchronized List<DiskStep> steps() {
        return List.copyOf(steps);
    }

    /** So many steps only made known what was there before. */
    synchronized int known() {
        return known;
    }

    synchronized List<Inode> inodes() {
        return List.copyOf(inodes);
    }

    /** The directory is there, with all that is in it now, and survives. */
    public synchronized TestingDisk knowing(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.toList()) {
                int inode = added(path);
                if (!path.equals(directory)) {
                    changed(new Effect(name(path), inode));
                }
                if (Files.isRegularFile(path)) {
                    steps.add(new DiskStep.Written(inode, Files.readAllBytes(path)));
                    steps.add(new DiskStep.FileSynced(inode));
                }
                steps.add(new DiskStep.DirectorySynced(number(parent(path))));
            }
        }
        known = steps.size();
        return this;
    }

    /** The number of a directory; one that was there before counts as durable. */
    synchronized int number(Path path) {
        return now.computeIfAbsent(key(path), unknown -> {
            try {
                inodes.add(Inode.of(path));
            } catch (IOException e) {
                inodes.add(new Inode(true, 0700, 0, 0));
            }
            return inodes.size() - 1;
        });
    }

    private int added(Path path) throws IOException {
        inodes.add(Inode.of(path));
        now.put(key(path), inodes.size() - 1);
        return inodes.size() - 1;
    }

    private Name name(Path path) {
        return new Name(number(parent(path)), path.getFileName().toString());
    }

    private static Path key(Path path) {
        return path.toAbsolutePath().normalize();
    }

    private static Path parent(Path path) {
        return Objects.requireNonNull(key(path).getParent());
    }

    private void changed(Effect... effects) {
        steps.add(new Changed(List.of(effects)));
    }

    private void operation(String name, Path file) throws IOException {
        operations.add(name + " " + file.getFileName());
        if (operations.size() >= stopsAt) {
            throw new IOException("stopped");
        }
        IOException thrown = fault.of(name, file);
        if (thrown != null) {
            throw thrown;
        }
    }

    @Override
    public synchronized Output create(Path file, int mode) throws IOException {
        operation("create", file);
        Output output = real.create(file, mode);
        int inode = added(file);
        changed(new Effect(name(file), inode));
        return new RecordedOutput(file, inode, output);
    }

    @Override
    public synchronized Appended append(Path file) throws IOException {
        operation("append", file);
        return new RecordedAppended(file, number(file), real.append(file));
    }

    @Override
    public synchronized void createDirectory(Path directory, int mode) throws IOException {
        operation("mkdir", directory);
        real.createDirectory(directory, mode);
        changed(new Effect(name(directory), added(directory)));
    }

    @Override
    public synchronized void rename(Path from, Path to) throws IOException {
        operation("rename", to);
        real.rename(from, to);
        int inode = number(from);
        now.remove(key(from));
        now.put(key(to), inode);
        changed(new Effect(name(from), null), new Effect(name(to), inode));
    }

    @Override
    public synchronized void link(Path existing, Path added) throws IOException {
        operation("link", added);
        real.link(existing, added);
        int inode = number(existing);
        now.put(key(added), inode);
        changed(new Effect(name(added), inode));
    }

    @Override
    public synchronized void unlink(Path file) throws IOException {
        operation("unlink", file);
        real.unlink(file);
        now.remove(key(file));
        changed(new Effect(name(file), null));
    }

    @Override
    public synchronized void syncDirectory(Path directory) throws IOException {
        operation("syncdir", directory);
        steps.add(new DiskStep.DirectorySynced(number(directory)));
    }

    private class RecordedOutput implements Output {
        final Path file;
        final int inode;
        private final Output output;

        RecordedOutput(Path file, int inode, Output output) {
            this.file = file;
            this.inode = inode;
            this.output = output;
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            synchronized (TestingDisk.this) {
                try {
                    operation("write", file);
                } catch (IOException e) {
                    if (!isOff()) {
                        written(from, offset, length / 2); // As by a disk that fills up.
                    }
                    throw e;
                }
                written(from, offset, length);
            }
        }

        private void written(byte[] from, int offset, int length) throws IOException {
            output.write(from, offset, length);
            steps.add(new DiskStep.Written(inode, java.util.Arrays.copyOfRange(from, offset, offset + length)));
        }

        @Override
        public void sync() throws IOException {
            synchronized (TestingDisk.this) {
                try {
                    operation("sync", file);
                } catch (IOException e) {
                    if (!isOff()) {
                        steps.add(new DiskStep.FileSyncFailed(inode));
                    }
                    throw e;
                }
                steps.add(new DiskStep.FileSynced(inode));
            }
        }

        @Override
        public void close() throws IOException {
            output.close();
        }
    }

    private final class RecordedAppended extends RecordedOutput implements Appended {
        private final Appended appended;

        RecordedAppended(Path file, int inode, Appended appended) {
            super(file, inode, appended);
            this.appended = appended;
        }

        @Override
        public long size() throws IOException {
            return appended.size();
        }

        @Override
        public boolean tryLock() throws IOException {
            return appended.tryLock();
        }

        @Override
        public void truncate(long size) throws IOException {
            synchronized (TestingDisk.this) {
                operation("truncate", file);
                appended.truncate(size);
                steps.add(new DiskStep.Truncated(inode, (int) size));
            }
        }
    }
}
