package org.postern.tcp;

import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.os.Descriptor;
import org.postern.os.Octets;

/**
 * Descriptors 0 and 1 of this process: a program under somebody else's tcpserver. Java cannot limit a read of a plain
 * descriptor, so a helper thread reads on demand, never ahead. A write is tried where poll(2) says that there is room.
 */
public final class StandardWire implements Wire {
    /** What poll promises room for, on a pipe: PIPE_BUF. */
    private static final int MOST_AT_ONCE = 4096;

    private final InputStream in;
    private final OutputStream out;
    private final int output;
    private final SynchronousQueue<Integer> wanted = new SynchronousQueue<>();
    private final SynchronousQueue<Result> results = new SynchronousQueue<>();
    private @Nullable Thread reader;
    /** A read has begun whose result nobody has taken. */
    private boolean underWay;
    /** Octets read and not taken: a read that was waited for in vain may have wanted more than the next one. */
    private String left = "";

    private record Result(
            String octets, boolean atEnd, @Nullable IOException failure) {}

    /** @param output the descriptor behind {@code out} */
    StandardWire(InputStream in, OutputStream out, int output) {
        this.in = in;
        this.out = out;
        this.output = output;
    }

    public StandardWire() {
        this(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out), 1);
    }

    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        if (left.isEmpty()) {
            Result r = next(length, limit);
            if (r.failure != null) {
                throw r.failure;
            }
            if (r.atEnd) {
                return -1;
            }
            left = r.octets;
        }
        byte[] octets = Octets.bytes(left.substring(0, Math.min(length, left.length())));
        left = left.substring(octets.length);
        System.arraycopy(octets, 0, into, offset, octets.length);
        return octets.length;
    }

    /** The result of a read, which may be one that an earlier caller did not wait for to its end. */
    private Result next(int length, Duration limit) throws IOException {
        if (reader == null) {
            reader = Thread.ofPlatform().daemon().name("stdin").start(this::serveReads);
        }
        try {
            if (!underWay) {
                wanted.put(length);
                underWay = true;
            }
            Result r = results.poll(Math.max(1, limit.toMillis()), TimeUnit.MILLISECONDS);
            if (r == null) {
                throw new SocketTimeoutException("read timed out");
            }
            underWay = false;
            return r;
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
        for (int done = 0; done < length; done += MOST_AT_ONCE) {
            if (!Descriptor.awaitWritable(output, limit)) {
                close();
                throw new SocketTimeoutException("write timed out");
            }
            out.write(from, offset + done, Math.min(MOST_AT_ONCE, length - done));
        }
    }

    @Override
    public int inputDescriptor() {
        return 0;
    }

    @Override
    public int outputDescriptor() {
        return output;
    }

    @Override
    public void shutdownOutput() throws IOException {
        out.close();
    }

    /** Puts /dev/null in the place of both, as the JDK does with 0, 1 and 2. */
    @Override
    public void close() throws IOException {
        in.close();
        out.close();
    }
}
