package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.POINTER;

import java.io.FileInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** open(2) where Java's own is not careful enough: in directories that others can write to. */
public final class OpenFile {
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0100;
    private static final int O_NONBLOCK = 04000;
    private static final int O_NOFOLLOW = 0400000;
    private static final int O_CLOEXEC = 02000000;
    private static final int FILE_TYPE = 0170000;
    private static final int REGULAR = 0100000;

    private OpenFile() {}

    /**
     * A file opened for reading, and what fstat(2) says of it.
     *
     * @param in reads it, and closes it
     * @param regular that it is a file, and no directory, FIFO or device
     * @param links how many names it has
     */
    public record Opened(FileInputStream in, boolean regular, int links, int uid, long size)
            implements java.io.Closeable {
        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** Opens what has this name: a symbolic link is refused, and a FIFO does not make us wait. */
    public static Opened untrusted(Path file) throws IOException {
        int descriptor = open(Octets.of(file), O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC, 0);
        FileInputStream in = new FileInputStream(Descriptor.java(descriptor));
        try {
            Path open = Path.of("/proc/self/fd/" + descriptor);
            boolean regular = (number(open, "mode") & FILE_TYPE) == REGULAR;
            return new Opened(
                    in, regular, (int) number(open, "nlink"), (int) number(open, "uid"), number(open, "size"));
        } catch (IOException e) {
            in.close();
            throw e;
        }
    }

    private static long number(Path open, String attribute) throws IOException {
        return ((Number) Objects.requireNonNull(Files.getAttribute(open, "unix:" + attribute))).longValue();
    }

    /** Opens for reading and writing; made with this mode where missing. */
    static int readWrite(String path, int mode) throws OsException {
        return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode);
    }

    private static int open(String path, int flags, int mode) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int fd = (int) Open.HANDLE.invokeExact(state, Libc.string(arena, path), flags, mode);
            return Libc.check("open", fd, state);
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    private static final class Open {
        static final MethodHandle HANDLE = Libc.variadic("open", 2, FunctionDescriptor.of(INT, POINTER, INT, INT));
    }
}
