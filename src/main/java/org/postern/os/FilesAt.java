package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Files by their name in an open directory, with what Java lacks: an open that neither follows a link nor waits for a
 * FIFO's other end, the status of what was opened, flock(2), "touch" without owning the file, and a rename that does
 * not replace. Access is judged by the calling thread's file-system ids.
 *
 * <p>What may fail in the course of business returns minus the error's number instead of throwing: a look-up that finds
 * nothing is no exception.
 */
public final class FilesAt {
    /** Stands for a directory where the name is a whole path. */
    public static final int WORKING_DIRECTORY = -100;

    private static final int O_WRONLY = 0x1;
    private static final int O_RDWR = 0x2;
    private static final int O_CREAT = 0x40;
    private static final int O_EXCL = 0x80;
    private static final int O_NOCTTY = 0x100;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_NOFOLLOW = Machine.IS_ARM ? 0x8000 : 0x20000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int READING = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EACCESS = 0x200;
    private static final int X_OK = 1;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final long STATX_SIZE = 256;

    private static final int LOCK_SH = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;

    private static final int RENAME_NOREPLACE = 1;
    private static final int RENAME_EXCHANGE = 2;

    private FilesAt() {}

    /**
     * What statx(2) says of a file.
     *
     * @param mode type and permission bits
     * @param links how many names it has
     * @param accessed when its content was last read, as far as the file system keeps that
     * @param modified when its content was last written to
     * @param changed when anything of it was last changed, which nobody can set
     */
    public record Status(
            int mode,
            long links,
            int uid,
            long device,
            long inode,
            long size,
            Instant accessed,
            Instant modified,
            Instant changed) {
        private static final int TYPE = 0xf000;
        private static final int REGULAR = 0x8000;
        private static final int DIRECTORY = 0x4000;

        public boolean isDirectory() {
            return (mode & TYPE) == DIRECTORY;
        }

        public boolean isRegular() {
            return (mode & TYPE) == REGULAR;
        }

        public int permissions() {
            return mode & 0xfff;
        }

        public boolean isSameFile(Status other) {
            return device == other.device && inode == other.inode;
        }

        /** Whether nobody has written to it or changed who may read it, as far as times tell. */
        public boolean isSameVersion(Status other) {
            return isSameFile(other)
                    && size == other.size
                    && modified.equals(other.modified)
                    && changed.equals(other.changed);
        }
    }

    /** A status, or why there is none. Exactly one of the two is there. */
    public record Found(@Nullable Status status, int errno) {
        /** @throws OsException where there is none */
        public Status orThrow() throws OsException {
            if (status == null) {
                throw new OsException("statx", errno);
            }
            return status;
        }
    }

    /** Whether this thread may execute a file, by the ids that exec goes by: access(2) goes by the real ones. */
    public static boolean mayExecute(int directory, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = Libc.string(arena, name);
            return (int) Access.HANDLE.invokeExact(Libc.state(arena), directory, path, X_OK, AT_EACCESS) == 0;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Opens for reading, whatever it is: never through a symbolic link, never waiting; a descriptor, or -errno. */
    public static int open(int directory, String name) {
        return open(directory, name, READING, 0);
    }

    /** As {@link #open}, what links lead to: for a name that nobody else can change. */
    public static int openBehindLinks(int directory, String name) {
        return open(directory, name, O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
    }

    /** Opens for reading and writing, made where missing, never through a link; a descriptor, or -errno. */
    static int openOrCreate(int directory, String name, int mode) {
        return open(directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);
    }

    /** Creates a file that must not exist, for writing; a descriptor, or -errno. The umask cuts the mode. */
    public static int create(int directory, String name, int mode) {
        return open(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    }

    private static int open(int directory, String name, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            return open(Libc.state(arena), directory, Libc.string(arena, name), flags, mode);
        }
    }

    /** As {@link #open(int, String)}, in the caller's memory. */
    static int open(MemorySegment state, int directory, MemorySegment name) {
        return open(state, directory, name, READING, 0);
    }

    private static int open(MemorySegment state, int directory, MemorySegment name, int flags, int mode) {
        try {
            int fd = (int) Open.HANDLE.invokeExact(state, directory, name, flags, mode);
            return fd < 0 ? -Libc.errno(state) : fd;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** The status of an open file. */
    public static Status status(int descriptor) throws OsException {
        return find(descriptor, "", AT_EMPTY_PATH).orThrow();
    }

    /** The status of what has this name; a symbolic link's own. */
    public static Status status(int directory, String name) throws OsException {
        return findName(directory, name).orThrow();
    }

    /** The status of what a name leads to behind all links. That nothing is there is no exception. */
    public static Found find(int directory, String name) {
        return find(directory, name, 0);
    }

    /** The status of what has this name, a symbolic link's own. That nothing has it is no exception. */
    public static Found findName(int directory, String name) {
        return find(directory, name, AT_SYMLINK_NOFOLLOW);
    }

    private static Found find(int directory, String name, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment s = arena.allocate(STATX_SIZE, 8);
            MemorySegment path = Libc.string(arena, name);
            int r = (int) Statx.HANDLE.invokeExact(state, directory, path, flags, STATX_BASIC_STATS, s);
            if (r < 0) {
                return new Found(null, Libc.errno(state));
            }
            // struct statx is the same on every architecture, as struct stat is not.
            return new Found(
                    new Status(
                            s.get(ValueLayout.JAVA_SHORT, 28) & 0xffff,
                            s.get(INT, 16) & 0xffffffffL,
                            s.get(INT, 20),
                            (s.get(INT, 136) & 0xffffffffL) << 32 | s.get(INT, 140) & 0xffffffffL,
                            s.get(LONG, 32),
                            s.get(LONG, 40),
                            time(s, 64),
                            time(s, 112),
                            time(s, 96)),
                    0);
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** A struct statx_timestamp. Some file systems take times that Java has no words for. */
    private static Instant time(MemorySegment s, long at) {
        long seconds = Math.clamp(s.get(LONG, at), Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond());
        return Instant.ofEpochSecond(seconds, s.get(INT, at + 8));
    }

    /** Sets the permission bits of an open file; 0, or -errno. */
    public static int changeMode(int descriptor, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return result((int) Chmod.HANDLE.invokeExact(state, descriptor, mode), state);
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Sets a file's times to now, for which write access suffices; 0, or -errno. */
    public static int touch(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return result((int) Touch.HANDLE.invokeExact(state, descriptor, MemorySegment.NULL), state);
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Locks an open file together with others that share it, as flock(2) does; false where it would have to wait. */
    public static boolean lockShared(int descriptor) throws OsException {
        return lock(descriptor, LOCK_SH);
    }

    /** Locks an open file against all others; false where it would have to wait. */
    public static boolean lockExclusive(int descriptor) throws OsException {
        return lock(descriptor, LOCK_EX);
    }

    private static boolean lock(int descriptor, int kind) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int r = result((int) Flock.HANDLE.invokeExact(state, descriptor, kind | LOCK_NB), state);
            if (r < 0 && r != -Errno.EAGAIN.number()) {
                throw new OsException("flock", -r);
            }
            return r == 0;
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Gives a file a new name in the same directory, over what may have it; 0, or -errno. */
    public static int rename(int directory, String from, String to) {
        return rename(directory, from, to, 0);
    }

    /**
     * Gives a file a new name in the same directory where nothing has it; 0, or -errno: EEXIST where something has,
     * EINVAL where the file system cannot promise it.
     */
    public static int renameIfFree(int directory, String from, String to) {
        return rename(directory, from, to, RENAME_NOREPLACE);
    }

    /**
     * Gives two files of a directory each other's name, in one step; 0, or -errno: ENOENT where one of them is not
     * there, EINVAL where the file system cannot.
     */
    public static int exchange(int directory, String one, String other) {
        return rename(directory, one, other, RENAME_EXCHANGE);
    }

    private static int rename(int directory, String from, String to, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment a = Libc.string(arena, from);
            MemorySegment b = Libc.string(arena, to);
            return result((int) Rename.HANDLE.invokeExact(state, directory, a, directory, b, flags), state);
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Takes a name away; 0, or -errno. */
    public static int unlink(int directory, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            return result((int) Unlink.HANDLE.invokeExact(state, directory, Libc.string(arena, name), 0), state);
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    private static int result(int r, MemorySegment state) {
        return r < 0 ? -Libc.errno(state) : r;
    }

    private static final class Machine {
        /** Their O_NOFOLLOW differs. */
        static final boolean IS_ARM = System.getProperty("os.arch", "").startsWith("aarch64")
                || System.getProperty("os.arch", "").startsWith("arm");
    }

    private static final class Open {
        static final MethodHandle HANDLE =
                Libc.variadic("openat", 3, FunctionDescriptor.of(INT, INT, POINTER, INT, INT));
    }

    private static final class Access {
        static final MethodHandle HANDLE =
                Libc.function("faccessat", FunctionDescriptor.of(INT, INT, POINTER, INT, INT));
    }

    private static final class Statx {
        static final MethodHandle HANDLE =
                Libc.function("statx", FunctionDescriptor.of(INT, INT, POINTER, INT, INT, POINTER));
    }

    private static final class Chmod {
        static final MethodHandle HANDLE = Libc.function("fchmod", FunctionDescriptor.of(INT, INT, INT));
    }

    private static final class Touch {
        static final MethodHandle HANDLE = Libc.function("futimens", FunctionDescriptor.of(INT, INT, POINTER));
    }

    private static final class Flock {
        static final MethodHandle HANDLE = Libc.function("flock", FunctionDescriptor.of(INT, INT, INT));
    }

    private static final class Rename {
        static final MethodHandle HANDLE =
                Libc.function("renameat2", FunctionDescriptor.of(INT, INT, POINTER, INT, POINTER, INT));
    }

    private static final class Unlink {
        static final MethodHandle HANDLE = Libc.function("unlinkat", FunctionDescriptor.of(INT, INT, POINTER, INT));
    }
}
