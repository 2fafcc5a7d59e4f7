package org.postern.os;

import static org.postern.os.Libc.INT;
import static org.postern.os.Libc.LONG;
import static org.postern.os.Libc.POINTER;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A syslogd that keeps the datagrams as they came: a real socket of the Unix domain. */
public final class TestingSyslogd implements Closeable {
    private static final int MSG_DONTWAIT = 0x40;

    private final Path path;
    private final int descriptor;

    public TestingSyslogd(Path path) throws IOException {
        this.path = path;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            int fd = (int) Libc.function("socket", FunctionDescriptor.of(INT, INT, INT, INT))
                    .invokeExact(state, 1, 2, 0);
            descriptor = Libc.check("socket", fd, state);
            MemorySegment address = arena.allocate(110, 2);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
            byte[] name = Octets.bytes(Octets.of(path));
            MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
            int bound = (int) Libc.function("bind", FunctionDescriptor.of(INT, INT, POINTER, INT))
                    .invokeExact(state, fd, address, 110);
            Libc.check("bind", bound, state);
        } catch (IOException e) {
            throw e;
        } catch (Throwable t) {
            throw new IOException(t);
        }
    }

    /** What has come so far, and was not taken yet. */
    public List<String> received() {
        List<String> received = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.state(arena);
            MemorySegment buffer = arena.allocate(8192);
            var receive = Libc.function("recv", FunctionDescriptor.of(LONG, INT, POINTER, LONG, INT));
            while (true) {
                long n = (long) receive.invokeExact(state, descriptor, buffer, 8192L, MSG_DONTWAIT);
                if (n < 0) {
                    return received;
                }
                received.add(Octets.of(buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE)));
            }
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    @Override
    public void close() throws IOException {
        Descriptor.close(descriptor);
        Files.deleteIfExists(path);
    }
}
