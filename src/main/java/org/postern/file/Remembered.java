package org.postern.file;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;

/**
 * A value made of files, kept until one of them is another than it was: for what the original programs read anew at each
 * connection. Asking costs one stat(2) for each file that is there, and one for all those of a directory that are not.
 *
 * <p>A file is the same while its device, inode, size, time of modification and time of change are. It is still missing
 * while its directory is the same, since a new name changes that. Two changes within a tick of the file system's clock cannot be told apart, so a value is
 * not kept before the latest change of its files is {@link #SETTLED} ago (docs/adr/0048). For any number of threads;
 * they may read the files at the same time.
 */
public final class Remembered<T> {
    /** Longer than any file system's tick; network file systems have whole seconds. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    private final Reader<T> reader;
    private volatile @Nullable Kept<T> kept;

    /** Makes the value. */
    @FunctionalInterface
    public interface Reader<T> {
        /** @param reads is told of every file before it is opened, also of those that are not there */
        T read(Reads reads) throws IOException;
    }

    /** The files that a value is being made of. */
    public static final class Reads {
        private final List<Seen> files = new ArrayList<>();
        private final Map<Path, Seen> directories = new HashMap<>();
        private final boolean kept;

        private Reads(boolean kept) {
            this.kept = kept;
        }

        /** For a reader whose caller keeps nothing: it looks at no file, and may be used for ever. */
        public static Reads forgotten() {
            return new Reads(false);
        }

        /** Looks at the file, which is about to be read. */
        public void file(Path file) {
            if (kept) {
                look(file);
            }
        }

        private void look(Path file) {
            Path absolute = file.toAbsolutePath();
            String path = Octets.of(absolute);
            Path parent = absolute.getParent();
            Seen directory = parent == null ? null : directories.computeIfAbsent(parent, d -> Seen.of(Octets.of(d)));
            if (directory == null || !directory.isThere() || isNamed(path)) {
                files.add(Seen.of(path));
            } else if (!files.contains(directory)) {
                files.add(directory);
            }
        }

        /** Whether the directory has the name, be it that of a link to nowhere. */
        private static boolean isNamed(String path) {
            return FilesAt.findName(FilesAt.WORKING_DIRECTORY, path).errno() != Errno.ENOENT.number();
        }
    }

    private record Seen(String path, FilesAt.Found found) {
        static Seen of(String path) {
            return new Seen(path, look(path));
        }

        boolean isThere() {
            return found.status() != null;
        }

        boolean isStill() {
            FilesAt.Status before = found.status();
            FilesAt.Found now = look(path);
            return before == null || now.status() == null ? found.equals(now) : before.isSameVersion(now.status());
        }

        boolean isSettled(Instant when) {
            return found.status() == null
                    || found.status().changed().plus(SETTLED).isBefore(when)
                            && found.status().modified().plus(SETTLED).isBefore(when);
        }
    }

    private record Kept<T>(T value, List<Seen> files) {}

    public Remembered(Reader<T> reader) {
        this.reader = reader;
    }

    private static FilesAt.Found look(String path) {
        return FilesAt.find(FilesAt.WORKING_DIRECTORY, path);
    }

    /**
     * The value as the files have it now.
     *
     * @throws IOException what the reader throws; nothing is kept then
     */
    public T get() throws IOException {
        Kept<T> last = kept;
        if (last != null && isStill(last)) {
            return last.value;
        }
        Instant before = Instant.now();
        Reads reads = new Reads(true);
        T value = reader.read(reads);
        boolean settled = reads.files.stream().allMatch(file -> file.isSettled(before));
        kept = settled ? new Kept<>(value, reads.files) : null;
        return value;
    }

    private static boolean isStill(Kept<?> kept) {
        for (Seen file : kept.files) {
            if (!file.isStill()) {
                return false;
            }
        }
        return true;
    }
}
