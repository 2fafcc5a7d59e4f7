package org.postern.file;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;

/** A disk with a limit on the syncs under way. */
final class LimitedDisk implements Disk {
    private final Disk disk;
    private final Semaphore syncs;

    LimitedDisk(Disk disk, int atOnce) {
        this.disk = disk;
        syncs = new Semaphore(atOnce);
    }

    @Override
    public Output create(Path file, int mode) throws IOException {
        return new LimitedOutput(disk.create(file, mode));
    }

    @Override
    public Appended append(Path file) throws IOException {
        return new LimitedAppended(disk.append(file));
    }

    @Override
    public void createDirectory(Path directory, int mode) throws IOException {
        disk.createDirectory(directory, mode);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        disk.rename(from, to);
    }

    @Override
    public void link(Path existing, Path added) throws IOException {
        disk.link(existing, added);
    }

    @Override
    public void unlink(Path file) throws IOException {
        disk.unlink(file);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        syncs.acquireUninterruptibly();
        try {
            disk.syncDirectory(directory);
        } finally {
            syncs.release();
        }
    }

    private class LimitedOutput implements Output {
        private final Output output;

        LimitedOutput(Output output) {
            this.output = output;
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            output.write(from, offset, length);
        }

        @Override
        public void sync() throws IOException {
            syncs.acquireUninterruptibly();
            try {
                output.sync();
            } finally {
                syncs.release();
            }
        }

        @Override
        public void close() throws IOException {
            output.close();
        }
    }

    private final class LimitedAppended extends LimitedOutput implements Appended {
        private final Appended appended;

        LimitedAppended(Appended appended) {
            super(appended);
            this.appended = appended;
        }

        @Override
        public long size() throws IOException {
            return appended.size();
        }

        @Override
        public void truncate(long size) throws IOException {
            appended.truncate(size);
        }

        @Override
        public boolean tryLock() throws IOException {
            return appended.tryLock();
        }
    }
}
