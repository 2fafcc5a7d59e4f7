package org.postern.tcp;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.OsException;

/** A connected stream socket of the Unix domain. Limits are kept to the second. */
public final class UnixWire implements Wire {
    private final SocketChannel channel;

    public UnixWire(SocketChannel channel) {
        this.channel = channel;
    }

    /**
     * Connects to the socket of that name, without waiting.
     *
     * @throws IOException where nobody listens there (ENOENT, ECONNREFUSED), or as many wait already as may (EAGAIN)
     */
    public static UnixWire connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(java.net.StandardProtocolFamily.UNIX);
        try {
            // A blocking connect waits for as long as the backlog is full: for ever, where the listener is stopped.
            channel.configureBlocking(false);
            if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                throw new OsException("connect", Errno.EAGAIN.number());
            }
            channel.configureBlocking(true);
            return new UnixWire(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        try (TimeWatch.Watched watched = TimeWatch.reading(channel, limit)) {
            int n = channel.read(ByteBuffer.wrap(into, offset, length));
            if (n < 0 && watched.hasExpired()) {
                throw new SocketTimeoutException("read timed out");
            }
            return n;
        }
    }

    @Override
    public void write(byte[] from, int offset, int length, Duration limit) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(from, offset, length);
        try (TimeWatch.Watched watched = TimeWatch.writing(channel, limit)) {
            try {
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            } catch (IOException e) {
                throw watched.hasExpired() ? new SocketTimeoutException("write timed out") : e;
            }
        }
    }

    @Override
    public int inputDescriptor() throws IOException {
        return Descriptor.of(channel);
    }

    @Override
    public int outputDescriptor() throws IOException {
        return Descriptor.of(channel);
    }

    @Override
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
