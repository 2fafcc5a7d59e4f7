package org.postern.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import org.postern.os.Octets;

/**
 * A {@link Wire} with buffers, which travel with it along a chain of programs: what a client pipelines behind the line
 * that hands over is still there for the next program of ours. Not for use by two threads at once.
 *
 * <p>Output is flushed before the connection waits for input, so a session writes replies and never flushes.
 */
public final class Connection implements Closeable {
    private static final int LARGE = 8192;
    /** What an idle session holds: ten thousand of them are then a few megabytes. */
    private static final int SMALL = 256;

    private static final int READ_OFF = 64 << 10;
    private static final Duration READ_OFF_WAIT = Duration.ofMillis(50);
    private static final Duration READ_OFF_LIMIT = Duration.ofMillis(500);

    private static final byte[] NONE = new byte[0];

    private Wire wire;
    private byte[] in = NONE;
    private int at;
    private int end;
    private byte[] out = NONE;
    private int pending;
    private boolean bytewise;
    private Duration writeLimit = Duration.ofMinutes(20);

    public Connection(Wire wire) {
        this.wire = wire;
    }

    /** What lies below, for a program that hands the descriptors to a foreign one. */
    public Wire wire() {
        return wire;
    }

    /** How long a write may make no progress. */
    public void writeLimit(Duration limit) {
        writeLimit = limit;
    }

    /**
     * Reads single octets from now on, so that nothing behind a line is taken from the descriptor: for a program that
     * will hand it to a foreign one, which cannot see our buffer.
     */
    public void bytewise(boolean on) {
        bytewise = on;
    }

    /** Octets taken from the wire that no one has consumed. */
    public int buffered() {
        return end - at;
    }

    /** Forgets what was pipelined, as after STARTTLS. */
    public void discardInput() {
        at = end;
    }

    /** The handshake of a connection that goes on under TLS. */
    @FunctionalInterface
    public interface Upgrade {
        TlsWire handshake() throws IOException;
    }

    /**
     * Goes on under TLS. What the client has sent in clear behind the command that asked for it is dropped: taken for
     * commands of the safe session, it would be anybody's (RFC 3207 §4.2, RFC 2595 §4).
     *
     * @throws IOException where the handshake fails; nothing can be said on the connection any more
     */
    public TlsWire startTls(Upgrade upgrade) throws IOException {
        flush();
        discardInput();
        TlsWire safe = upgrade.handshake();
        wire = safe;
        return safe;
    }

    /**
     * The next line, without its end. A line ends with LF; one CR before it is cut. Of a line longer than the limit the
     * rest is read and dropped, in constant memory.
     *
     * @param maxOctets the longest line taken, its end not counted
     * @param limit how long to wait for more input, each time; the whole line may take ten times as long
     * @throws java.net.SocketTimeoutException when the limit passes
     */
    public Line readLine(int maxOctets, Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.multipliedBy(10).toNanos();
        StringBuilder parts = null;
        boolean tooLong = false;
        while (true) {
            if (at == end && fill(limit) < 0) {
                return new Line.End();
            }
            int lf = at;
            while (lf < end && in[lf] != '\n') {
                lf++;
            }
            boolean whole = lf < end;
            int before = parts == null ? 0 : parts.length();
            if (!tooLong && before + (lf - at) > maxOctets + 1) {
                tooLong = true;
                parts = null;
            }
            if (!tooLong) {
                if (whole && parts == null) {
                    String line = Octets.of(in, at, lf - at);
                    at = lf + 1;
                    return finished(line, maxOctets);
                }
                if (parts == null) {
                    parts = new StringBuilder();
                }
                parts.append(Octets.of(in, at, lf - at));
            }
            at = whole ? lf + 1 : lf;
            if (whole) {
                return tooLong || parts == null ? new Line.TooLong() : finished(parts.toString(), maxOctets);
            }
            if (System.nanoTime() > deadline) {
                throw new java.net.SocketTimeoutException("line took too long");
            }
        }
    }

    private static Line finished(String line, int maxOctets) {
        String text = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
        return text.length() > maxOctets ? new Line.TooLong() : new Line.Text(text);
    }

    /** The next octet, or -1 at the end. */
    public int read(Duration limit) throws IOException {
        return at < end || fill(limit) > 0 ? in[at++] & 0xff : -1;
    }

    /** What is there, at least one octet; -1 at the end. */
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        if (at == end && fill(limit) < 0) {
            return -1;
        }
        int n = Math.min(length, end - at);
        System.arraycopy(in, at, into, offset, n);
        at += n;
        return n;
    }

    /**
     * All that is still to come, as a stream: first what has been taken from the wire already. Closing it leaves the
     * connection open.
     *
     * @param limit how long a read waits
     */
    public InputStream input(Duration limit) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                return Connection.this.read(limit);
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return length == 0 ? 0 : Connection.this.read(into, offset, length, limit);
            }
        };
    }

    /** Gives the last octets of the latest {@link #read} back: the next reader gets them. */
    void unread(int octets) {
        at -= octets;
    }

    private int fill(Duration limit) throws IOException {
        flush();
        if (in.length == 0) {
            in = new byte[SMALL];
        }
        int n = wire.read(in, 0, bytewise ? 1 : in.length, limit);
        at = 0;
        end = Math.max(n, 0);
        if (n == SMALL && in.length == SMALL) {
            in = Arrays.copyOf(in, LARGE);
        }
        return n;
    }

    /** Queues an octet string; see the class comment for when it goes out. */
    public void write(String octets) throws IOException {
        int length = octets.length();
        if (pending + length > LARGE) {
            byte[] bytes = Octets.bytes(octets);
            write(bytes, 0, bytes.length);
            return;
        }
        room(length);
        for (int i = 0; i < length; i++) {
            out[pending++] = (byte) octets.charAt(i);
        }
    }

    public void write(byte[] from, int offset, int length) throws IOException {
        if (pending + length > LARGE) {
            flush();
        }
        if (length > LARGE) {
            wire.write(from, offset, length, writeLimit);
            return;
        }
        room(length);
        System.arraycopy(from, offset, out, pending, length);
        pending += length;
    }

    private void room(int length) {
        if (pending + length > out.length) {
            out = Arrays.copyOf(out, pending + length <= SMALL ? SMALL : LARGE);
        }
    }

    /**
     * Reads off, for a moment, what was sent to us and nobody wants: closed over unread input, TCP takes back what we said
     * last (RFC 2525 §2.17).
     */
    public void readOff() {
        bytewise = false;
        discardInput();
        long deadline = System.nanoTime() + READ_OFF_LIMIT.toNanos();
        try {
            for (int octets = 0; octets < READ_OFF && System.nanoTime() < deadline; octets += end) {
                if (fill(READ_OFF_WAIT) < 0) {
                    return;
                }
                at = end;
            }
        } catch (IOException e) {
            // Nothing came, or the client has gone.
            discardInput();
        }
    }

    /** Forgets what was written and not sent. */
    public void discardOutput() {
        pending = 0;
    }

    /** Sends what was written. A large buffer is given back: the session may now be idle for long. */
    public void flush() throws IOException {
        if (pending > 0) {
            int length = pending;
            pending = 0;
            wire.write(out, 0, length, writeLimit);
            if (out.length > SMALL) {
                out = NONE;
            }
        }
    }

    @Override
    public void close() throws IOException {
        try {
            flush();
        } finally {
            wire.close();
        }
    }
}
