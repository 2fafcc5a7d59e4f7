package org.postern.tcp;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;

/**
 * Descriptors 0 and 1 of this process: a program under somebody else's tcpserver. Java cannot limit a read of a plain
 * descriptor, so a helper thread reads on demand, never ahead.
 */
public final class StandardWire implements Wire {
    private final FileInputStream in = new FileInputStream(FileDescriptor.in);
    private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    private final SynchronousQueue<Integer> wanted = new SynchronousQueue<>();
    private final SynchronousQueue<Result> results = new SynchronousQueue<>();
    private @Nullable Thread reader;

    private record Result(
            String octets, boolean atEnd, @Nullable IOException failure) {}

    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        if (reader == null) {
            reader = Thread.ofPlatform().daemon().name("stdin").start(this::serveReads);
        }
        try {
            wanted.put(length);
            Result r = results.poll(Math.max(1, limit.toMillis()), TimeUnit.MILLISECONDS);
            if (r == null) {
                throw new SocketTimeoutException("read timed out");
            }
            if (r.failure != null) {
                throw r.failure;
            }
            byte[] octets = Octets.bytes(r.octets);
            System.arraycopy(octets, 0, into, offset, octets.length);
            return r.atEnd ? -1 : octets.length;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private void serveReads() {
        try {
            while (true) {
                byte[] octets = new byte[wanted.take()];
                Result r;
                try {
                    int n = in.read(octets);
                    r = new Result(Octets.of(octets, 0, Math.max(n, 0)), n < 0, null);
                } catch (IOException e) {
                    r = new Result("", true, e);
                }
                results.put(r);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void write(byte[] from, int offset, int length, Duration limit) throws IOException {
        out.write(from, offset, length);
    }

    @Override
    public int inputDescriptor() {
        return 0;
    }

    @Override
    public int outputDescriptor() {
        return 1;
    }

    @Override
    public void shutdownOutput() throws IOException {
        out.close();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
