package org.postern.tcp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;

/**
 * A wire whose client sends fixed pieces, each arriving in a read of its own, and whose output is kept. After the last
 * piece comes the end, or, where set, a time-out.
 */
public final class TestingWire implements Wire {
    private final List<byte[]> pieces;
    private final boolean hangs;
    private final @Nullable IOException failure;
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private int piece;
    private int at;
    private boolean closed;

    private TestingWire(List<byte[]> pieces, boolean hangs) {
        this(pieces, hangs, null);
    }

    private TestingWire(List<byte[]> pieces, boolean hangs, @Nullable IOException failure) {
        this.pieces = pieces;
        this.hangs = hangs;
        this.failure = failure;
    }

    /** Input that cannot be read any further. */
    public static TestingWire failingAfter(String piece, IOException failure) {
        return new TestingWire(List.of(Octets.bytes(piece)), false, failure);
    }

    /** A client that sends these octet strings and closes. */
    public static TestingWire sending(String... pieces) {
        return new TestingWire(List.of(pieces).stream().map(Octets::bytes).toList(), false);
    }

    /** A client that sends these octet strings and then nothing, until the session gives up. */
    public static TestingWire hangingAfter(String... pieces) {
        return new TestingWire(List.of(pieces).stream().map(Octets::bytes).toList(), true);
    }

    /** The same input, cut in two at the given place. */
    public static TestingWire cutAt(String input, int place) {
        return sending(input.substring(0, place), input.substring(place));
    }

    /** All that the client sent was taken. */
    public boolean isReadOff() {
        return piece == pieces.size();
    }

    /** All that was written so far. */
    public String output() {
        return Octets.of(output.toByteArray());
    }

    public boolean isClosed() {
        return closed;
    }

    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        while (piece < pieces.size() && at == pieces.get(piece).length) {
            piece++;
            at = 0;
        }
        if (piece == pieces.size()) {
            if (failure != null) {
                throw failure;
            }
            if (hangs) {
                throw new SocketTimeoutException("read timed out");
            }
            return -1;
        }
        byte[] from = pieces.get(piece);
        int n = Math.min(length, from.length - at);
        System.arraycopy(from, at, into, offset, n);
        at += n;
        return n;
    }

    @Override
    public void write(byte[] from, int offset, int length, Duration limit) throws IOException {
        if (closed) {
            throw new IOException("Broken pipe");
        }
        output.write(from, offset, length);
    }

    @Override
    public int inputDescriptor() throws IOException {
        throw new IOException("a testing wire has no descriptor");
    }

    @Override
    public int outputDescriptor() throws IOException {
        throw new IOException("a testing wire has no descriptor");
    }

    @Override
    public void shutdownOutput() {
        closed = true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
