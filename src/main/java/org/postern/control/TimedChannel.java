package org.postern.control;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** A socket whose waits have an end. One thread at a time. */
final class TimedChannel implements Closeable {
    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;

    TimedChannel(SocketChannel channel) throws IOException {
        this.channel = channel;
        channel.configureBlocking(false);
        selector = Selector.open();
        key = channel.register(selector, 0);
    }

    /**
     * Reads what is there, or waits for it.
     *
     * @return how many octets; -1 at the end
     * @throws SocketTimeoutException when nothing came within the limit
     */
    int read(ByteBuffer into, Duration limit) throws IOException {
        int n = channel.read(into);
        long deadline = System.nanoTime() + limit.toNanos();
        while (n == 0 && into.hasRemaining()) {
            await(SelectionKey.OP_READ, deadline);
            n = channel.read(into);
        }
        return n;
    }

    /**
     * Writes all of it.
     *
     * @throws SocketTimeoutException when the other side took nothing for so long
     */
    void write(ByteBuffer octets, Duration limit) throws IOException {
        while (octets.hasRemaining()) {
            if (channel.write(octets) == 0) {
                await(SelectionKey.OP_WRITE, System.nanoTime() + limit.toNanos());
            }
        }
    }

    private void await(int operation, long deadline) throws IOException {
        long left = deadline - System.nanoTime();
        key.interestOps(operation);
        if (left <= 0 || selector.select(Math.max(1, Duration.ofNanos(left).toMillis())) == 0) {
            throw new SocketTimeoutException("the other side did nothing for too long");
        }
        selector.selectedKeys().clear();
    }

    @Override
    public void close() throws IOException {
        try (selector) {
            channel.close();
        }
    }
}
