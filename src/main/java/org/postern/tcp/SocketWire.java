package org.postern.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.postern.os.Descriptor;

/** A connected socket. */
public final class SocketWire implements Wire {
    private final SocketChannel channel;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private int timeoutMillis = -1;

    public SocketWire(SocketChannel channel) throws IOException {
        this.channel = channel;
        this.socket = channel.socket();
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
    }

    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        int millis = Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE);
        if (millis != timeoutMillis) {
            socket.setSoTimeout(millis);
            timeoutMillis = millis;
        }
        return in.read(into, offset, length);
    }

    @Override
    public void write(byte[] from, int offset, int length, Duration limit) throws IOException {
        try (WriteWatch.Watched watched = WriteWatch.during(channel, limit)) {
            out.write(from, offset, length);
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
