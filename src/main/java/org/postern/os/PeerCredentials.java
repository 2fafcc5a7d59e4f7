package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.channels.SocketChannel;

/**
 * Who is at the other end of a Unix socket, by the system's word (SO_PEERCRED, unix(7)): the ids that the process had
 * when it connected, or began to listen. Java's own SO_PEERCRED has names only, and needs a look-up for each.
 *
 * @param uid the effective one
 * @param gid the effective one
 */
public record PeerCredentials(int pid, int uid, int gid) {
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    /** struct ucred: pid, uid, gid. */
    private static final int FIELDS = 3;

    /** @throws IOException where the socket is none of the Unix domain, or closed */
    public static PeerCredentials of(SocketChannel channel) throws IOException {
        int descriptor = Descriptor.of(channel);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment fields = arena.allocate(INT, FIELDS);
            MemorySegment length = arena.allocateFrom(INT, (int) fields.byteSize());
            int got = (int) GetSockOpt.HANDLE.invokeExact(state, descriptor, SOL_SOCKET, SO_PEERCRED, fields, length);
            Libc.check("getsockopt", got, state);
            PeerCredentials peer = new PeerCredentials(
                    fields.getAtIndex(INT, 0), fields.getAtIndex(INT, 1), fields.getAtIndex(INT, 2));
            if (peer.pid == 0) {
                throw new IOException("no process at the other end of this socket"); // unix(7) has them, others do not.
            }
            return peer;
        } catch (IOException e) {
            throw e;
        } catch (Throwable t) {
            throw Libc.impossible(t);
        }
    }

    private static final class GetSockOpt {
        static final MethodHandle HANDLE =
                Libc.function("getsockopt", FunctionDescriptor.of(INT, INT, INT, INT, POINTER, POINTER));
    }
}
