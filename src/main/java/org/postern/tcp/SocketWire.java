package org.postern.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.postern.os.Descriptor;

/** A connected socket. */
public final class SocketWire implements Wire {
    private final SocketChannel channel;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private int timeoutMillis;

    public SocketWire(SocketChannel channel) throws IOException {
        this.channel = channel;
        this.socket = channel.socket();
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        if (limit.compareTo(TimeWatch.LEAST) < 0) {
            timeout(Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE));
            return in.read(into, offset, length);
        }
        timeout(0);
        try (TimeWatch.Watched watched = TimeWatch.reading(channel, limit)) {
            int n = in.read(into, offset, length);
            if (n < 0 && watched.hasExpired()) {
                throw new SocketTimeoutException("read timed out");
            }
            return n;
        }
    }

    /** @param millis 0: none */
    private void timeout(int millis) throws IOException {
        if (millis != timeoutMillis) {
            socket.setSoTimeout(millis);
            timeoutMillis = millis;
        }
    }

    @Override
    public void write(byte[] from, int offset, int length, Duration limit) throws IOException {
        try (TimeWatch.Watched watched = TimeWatch.writing(channel, limit)) {
            try {
                out.write(from, offset, length);
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
