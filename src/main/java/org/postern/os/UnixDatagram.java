package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.io.Closeable;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.time.Duration;

/** A datagram socket of the Unix domain, connected: what Java's own channels lack. Not for two threads at once. */
public final class UnixDatagram implements Closeable {
    private static final short AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_SNDTIMEO = 21;
    private static final int MSG_NOSIGNAL = 0x4000;
    /** sizeof(sun_path), with its NUL. */
    private static final int PATH_SIZE = 108;

    private final int descriptor;
    private boolean closed;

    private UnixDatagram(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Connects to the socket of that name.
     *
     * @param sendLimit how long {@link #send} waits for a receiver that does not take its datagrams
     */
    public static UnixDatagram connect(String path, Duration sendLimit) throws OsException {
        if (path.length() >= PATH_SIZE) {
            throw new OsException("connect", Errno.ENAMETOOLONG.number());
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int fd = (int) Open.SOCKET.invokeExact(state, (int) AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            UnixDatagram socket = new UnixDatagram(Libc.check("socket", fd, state));
            try {
                MemorySegment limit = arena.allocate(LONG, 2);
                limit.setAtIndex(LONG, 0, sendLimit.toSeconds());
                limit.setAtIndex(LONG, 1, sendLimit.toNanosPart() / 1000L);
                int set = (int) Open.OPTION.invokeExact(state, fd, SOL_SOCKET, SO_SNDTIMEO, limit, 16);
                Libc.check("setsockopt", set, state);
                MemorySegment address = arena.allocate(2 + PATH_SIZE, 2);
                address.set(ValueLayout.JAVA_SHORT, 0, AF_UNIX);
                MemorySegment.copy(Octets.bytes(path), 0, address, ValueLayout.JAVA_BYTE, 2, path.length());
                int connected = (int) Open.CONNECT.invokeExact(state, fd, address, (int) address.byteSize());
                Libc.check("connect", connected, state);
                return socket;
            } catch (OsException e) {
                socket.close();
                throw e;
            }
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    /** @throws OsException EAGAIN, when the limit passed; ECONNREFUSED, when the receiver is gone */
    public void send(String octets) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment buffer = arena.allocateFrom(ValueLayout.JAVA_BYTE, Octets.bytes(octets));
            long n;
            do {
                n = (long) Send.HANDLE.invokeExact(state, descriptor, buffer, buffer.byteSize(), MSG_NOSIGNAL);
            } while (n < 0 && Libc.errno(state) == Errno.EINTR.number());
            if (n < 0) {
                throw new OsException("send", Libc.errno(state));
            }
        } catch (OsException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Descriptor.close(descriptor);
        }
    }

    private static final class Open {
        static final MethodHandle SOCKET = Libc.function("socket", FunctionDescriptor.of(INT, INT, INT, INT));
        static final MethodHandle OPTION =
                Libc.function("setsockopt", FunctionDescriptor.of(INT, INT, INT, INT, POINTER, INT));
        static final MethodHandle CONNECT = Libc.function("connect", FunctionDescriptor.of(INT, INT, POINTER, INT));
    }

    private static final class Send {
        static final MethodHandle HANDLE = Libc.function("send", FunctionDescriptor.of(LONG, INT, POINTER, LONG, INT));
    }
}
