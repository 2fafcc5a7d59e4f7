package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.channels.Channel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Descriptors by number: what a foreign program is given. */
public final class Descriptor {
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_GETFD = 1;
    private static final int F_SETFD = 2;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int FD_CLOEXEC = 1;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_DIRECTORY = System.getProperty("os.arch", "").startsWith("aarch64") ? 0x4000 : 0x10000;
    private static final short POLLOUT = 4;
    private static final int SEEK_SET = 0;
    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int IPPROTO_IP = 0;
    private static final int IP_OPTIONS = 4;

    private Descriptor() {}

    /** A channel's descriptor, which stays the channel's. */
    public static int of(SocketChannel channel) throws IOException {
        return ofChannel(channel);
    }

    /** The reading end of a pipe, which stays the channel's. */
    public static int of(java.nio.channels.Pipe.SourceChannel channel) throws IOException {
        return ofChannel(channel);
    }

    private static int ofChannel(Channel channel) throws IOException {
        try {
            return (int) Reflected.FD_VALUE.invoke(channel);
        } catch (ReflectiveOperationException e) {
            throw new IOException("no descriptor behind " + channel.getClass(), e);
        }
    }

    /** A Java view of an open descriptor: streams made of it read and write there, and close it. */
    public static FileDescriptor java(int descriptor) {
        try {
            FileDescriptor fd = new FileDescriptor();
            Reflected.FD.setInt(fd, descriptor);
            return fd;
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Opens a directory, close-on-exec, to be used as {@code /proc/self/fd/N}. */
    public static int openDirectory(String path) throws OsException {
        return open(path, O_DIRECTORY | O_CLOEXEC);
    }

    /** Opens a file for reading, close-on-exec: what a foreign program gets as its 0. */
    public static int openFile(String path) throws OsException {
        return open(path, O_CLOEXEC);
    }

    /** A second number for the same descriptor, close-on-exec, not below {@code least}. */
    public static int duplicate(int descriptor, int least) throws OsException {
        return fcntl(descriptor, F_DUPFD_CLOEXEC, least);
    }

    public static boolean isOpen(int descriptor) {
        try {
            return fcntl(descriptor, F_GETFD, 0) >= 0;
        } catch (OsException e) {
            return false;
        }
    }

    public static void closeOnExec(int descriptor, boolean on) throws OsException {
        fcntl(descriptor, F_SETFD, on ? FD_CLOEXEC : 0);
    }

    /**
     * Makes reads and writes wait, or not: Java leaves a socket non-blocking after a virtual thread has used it.
     *
     * @return whether they did before
     */
    public static boolean setBlocking(int descriptor, boolean on) throws OsException {
        int flags = fcntl(descriptor, F_GETFL, 0);
        boolean before = (flags & O_NONBLOCK) == 0;
        if (before != on) {
            fcntl(descriptor, F_SETFL, flags ^ O_NONBLOCK);
        }
        return before;
    }

    public static void close(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int) Close.HANDLE.invokeExact(Libc.state(arena), descriptor);
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Kills IP options, so that no source route is followed back: tcpserver -O. Where there are none it says nothing. */
    public static void dropIpOptions(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            int ignored = (int) SetSockOpt.HANDLE.invokeExact(
                    Libc.state(arena), descriptor, IPPROTO_IP, IP_OPTIONS, MemorySegment.NULL, 0);
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** A pipe, close-on-exec: read end, write end. */
    public static int[] pipe() throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment two = arena.allocate(INT, 2);
            Libc.check("pipe2", (int) Pipe.HANDLE.invokeExact(state, two, O_CLOEXEC), state);
            return new int[] {two.getAtIndex(INT, 0), two.getAtIndex(INT, 1)};
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Two connected stream sockets, close-on-exec. */
    public static int[] socketPair() throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment two = arena.allocate(INT, 2);
            int r = (int) SocketPair.HANDLE.invokeExact(state, AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0, two);
            Libc.check("socketpair", r, state);
            return new int[] {two.getAtIndex(INT, 0), two.getAtIndex(INT, 1)};
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Reads what is there; 0 at the end. Blocks its thread. */
    public static int read(int descriptor, byte[] into) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment buffer = arena.allocate(into.length);
            long n = (long) Read.HANDLE.invokeExact(state, descriptor, buffer, (long) into.length);
            if (n < 0) {
                throw new OsException("read", Libc.errno(state));
            }
            MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, into, 0, (int) n);
            return (int) n;
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /**
     * Reads from a place in a file, as much as is wanted or is there; the descriptor's own place stays.
     *
     * @return how many octets were read
     */
    public static int readAt(int descriptor, long position, byte[] into) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(into.length);
            int done = readAt(Libc.state(arena), descriptor, position, buffer);
            MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, into, 0, done);
            return done;
        }
    }

    /** The same, in the caller's memory. */
    static int readAt(MemorySegment state, int descriptor, long position, MemorySegment into) throws OsException {
        try {
            int done = 0;
            while (done < into.byteSize()) {
                long n = (long) ReadAt.HANDLE.invokeExact(
                        state, descriptor, into.asSlice(done), into.byteSize() - done, position + done);
                if (n < 0 && Libc.errno(state) != Errno.EINTR.number()) {
                    throw new OsException("pread", Libc.errno(state));
                }
                if (n == 0) {
                    break;
                }
                done += (int) Math.max(n, 0);
            }
            return done;
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Writes all of it. Blocks its thread. */
    public static void write(int descriptor, byte[] octets) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment buffer = arena.allocateFrom(ValueLayout.JAVA_BYTE, octets);
            long done = 0;
            while (done < octets.length) {
                long n = (long) Write.HANDLE.invokeExact(state, descriptor, buffer.asSlice(done), octets.length - done);
                if (n < 0 && Libc.errno(state) != Errno.EINTR.number()) {
                    throw new OsException("write", Libc.errno(state));
                }
                done += Math.max(n, 0);
            }
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Whether a write will take something, waiting for that as long as the limit says; also where it will fail. */
    public static boolean awaitWritable(int descriptor, Duration limit) throws OsException {
        long deadline = System.nanoTime() + limit.toNanos();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment one = arena.allocate(INT, 2); // struct pollfd: int fd; short events, revents
            one.setAtIndex(INT, 0, descriptor);
            one.set(ValueLayout.JAVA_SHORT, INT.byteSize(), POLLOUT);
            while (true) {
                int left = Math.clamp((deadline - System.nanoTime()) / 1_000_000, 0, Integer.MAX_VALUE);
                int r = (int) Poll.HANDLE.invokeExact(state, one, 1L, left);
                if (r >= 0) {
                    return r > 0;
                }
                if (Libc.errno(state) != Errno.EINTR.number()) {
                    throw new OsException("poll", Libc.errno(state));
                }
            }
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** Goes back to the beginning of a file: for all who have this descriptor of it. */
    public static void rewind(int descriptor) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            if ((long) Seek.HANDLE.invokeExact(state, descriptor, 0L, SEEK_SET) < 0) {
                throw new OsException("lseek", Libc.errno(state));
            }
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** All descriptors of this process, as /proc has them. */
    public static List<Integer> open() {
        List<Integer> open = new ArrayList<>();
        String[] names = new java.io.File("/proc/self/fd").list();
        if (names != null) {
            for (String name : names) {
                open.add(Integer.valueOf(name));
            }
        }
        return open;
    }

    private static int open(String path, int flags) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int fd = (int) Open.HANDLE.invokeExact(state, Libc.string(arena, path), flags);
            return Libc.check("open", fd, state);
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    private static int fcntl(int descriptor, int command, int argument) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int r = (int) Fcntl.HANDLE.invokeExact(state, descriptor, command, argument);
            return Libc.check("fcntl", r, state);
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    private static final class Reflected {
        static final Method FD_VALUE;
        static final Field FD;

        static {
            try {
                FD_VALUE = Class.forName("sun.nio.ch.SelChImpl").getMethod("getFDVal");
                FD_VALUE.setAccessible(true);
                FD = FileDescriptor.class.getDeclaredField("fd");
                FD.setAccessible(true);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }

    private static final class Open {
        static final MethodHandle HANDLE = Libc.variadic("open", 2, FunctionDescriptor.of(INT, POINTER, INT));
    }

    private static final class Close {
        static final MethodHandle HANDLE = Libc.function("close", FunctionDescriptor.of(INT, INT));
    }

    private static final class Fcntl {
        static final MethodHandle HANDLE = Libc.variadic("fcntl", 2, FunctionDescriptor.of(INT, INT, INT, INT));
    }

    private static final class Pipe {
        static final MethodHandle HANDLE = Libc.function("pipe2", FunctionDescriptor.of(INT, POINTER, INT));
    }

    private static final class SocketPair {
        static final MethodHandle HANDLE =
                Libc.function("socketpair", FunctionDescriptor.of(INT, INT, INT, INT, POINTER));
    }

    private static final class SetSockOpt {
        static final MethodHandle HANDLE =
                Libc.function("setsockopt", FunctionDescriptor.of(INT, INT, INT, INT, POINTER, INT));
    }

    private static final class Poll {
        static final MethodHandle HANDLE = Libc.function("poll", FunctionDescriptor.of(INT, POINTER, LONG, INT));
    }

    private static final class Read {
        static final MethodHandle HANDLE = Libc.function("read", FunctionDescriptor.of(LONG, INT, POINTER, LONG));
    }

    private static final class ReadAt {
        static final MethodHandle HANDLE =
                Libc.function("pread", FunctionDescriptor.of(LONG, INT, POINTER, LONG, LONG));
    }

    private static final class Seek {
        static final MethodHandle HANDLE = Libc.function("lseek", FunctionDescriptor.of(LONG, INT, LONG, INT));
    }

    private static final class Write {
        static final MethodHandle HANDLE = Libc.function("write", FunctionDescriptor.of(LONG, INT, POINTER, LONG));
    }
}
