package org.postern.maildir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.function.IntPredicate;
import org.postern.file.Disk;

/** The real disk, until an operation that is not done any more, nor any behind it: a kill, or an error of the disk. */
final class StoppingDisk implements Disk {
    private final Disk real = Disk.real();
    private final IntPredicate fails;
    private int operations;

    /** @param fails told the number of each operation, from 1 */
    StoppingDisk(IntPredicate fails) {
        this.fails = fails;
    }

    /** Does so many operations and then none. */
    static StoppingDisk after(int operations) {
        return new StoppingDisk(number -> number > operations);
    }

    int operations() {
        return operations;
    }

    private void count() throws IOException {
        if (fails.test(++operations)) {
            throw new IOException("No space left on device");
        }
    }

    @Override
    public Appended append(Path file) throws IOException {
        count();
        return real.append(file);
    }

    @Override
    public void createDirectory(Path directory, int mode) throws IOException {
        count();
        real.createDirectory(directory, mode);
    }

    @Override
    public Output create(Path file, int mode) throws IOException {
        count();
        Output output = real.create(file, mode);
        return new Output() {
            @Override
            public void write(byte[] from, int offset, int length) throws IOException {
                // Half of it is written, as by a disk that fills up.
                try {
                    count();
                } catch (IOException e) {
                    output.write(from, offset, length / 2);
                    throw e;
                }
                output.write(from, offset, length);
            }

            @Override
            public void sync() throws IOException {
                count();
                output.sync();
            }

            @Override
            public void close() throws IOException {
                output.close();
            }
        };
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        count();
        real.rename(from, to);
    }

    @Override
    public void link(Path existing, Path added) throws IOException {
        count();
        real.link(existing, added);
    }

    @Override
    public void unlink(Path file) throws IOException {
        count();
        real.unlink(file);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        count();
        real.syncDirectory(directory);
    }
}
