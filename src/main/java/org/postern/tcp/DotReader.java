package org.postern.tcp;

import java.io.IOException;
import java.time.Duration;

/**
 * Reads a message as DATA sends it and gives it as text whose lines end with LF. Only CR LF . CR LF ends it (RFC 5321
 * §4.1.1.4), the first CR LF being the one of the DATA command; the dot that a client puts before a line's own dot is
 * taken away (§4.5.2). What follows the end stays in the connection. Any length passes through in constant memory.
 *
 * <p>A bare LF and a lone CR are no line ends: they stay in the text and are reported, so that a session can refuse
 * what the next server might read as two messages.
 */
public final class DotReader {
    /** {@link #read} has reached the end of the message. */
    public static final int END = -1;

    /** The client closed before the end of the message. */
    public static final int CUT = -2;

    private enum State {
        LINE_START,
        DOT,
        DOT_CR,
        MIDDLE,
        CR,
        ENDED
    }

    private final Connection connection;
    private State state = State.LINE_START;
    private boolean bareLf;
    private boolean loneCr;
    private long line;
    private long longestLine;

    public DotReader(Connection connection) {
        this.connection = connection;
    }

    /** Whether an LF without a CR before it has come. */
    public boolean bareLf() {
        return bareLf;
    }

    /** Whether a CR without an LF behind it has come. */
    public boolean loneCr() {
        return loneCr;
    }

    /** The longest line so far, in octets without its end. */
    public long longestLine() {
        return Math.max(longestLine, line);
    }

    /**
     * The next piece of the text, put at the start of the array, which has room for two octets at least.
     *
     * @param limit how long to wait for more, each time
     * @return how many octets, {@link #END} or {@link #CUT}
     * @throws java.net.SocketTimeoutException when the limit passes
     */
    public int read(byte[] into, Duration limit) throws IOException {
        while (state != State.ENDED) {
            // One octet is left free in front: a CR held back from the piece before may come out with this one.
            int got = connection.read(into, 1, into.length - 1, limit);
            if (got < 0) {
                return CUT;
            }
            int n = decode(into, got + 1);
            if (n > 0) {
                return n;
            }
        }
        return END;
    }

    /** Decodes in place: what comes out never overtakes what goes in. */
    private int decode(byte[] b, int end) {
        int from = 1;
        int to = 0;
        while (from < end) {
            if (state == State.MIDDLE) {
                int run = from;
                while (from < end && b[from] != '\r' && b[from] != '\n') {
                    from++;
                }
                System.arraycopy(b, run, b, to, from - run);
                to += from - run;
                line += from - run;
                if (from == end) {
                    break;
                }
            }
            byte c = b[from++];
            switch (state) {
                case LINE_START -> {
                    switch (c) {
                        case '.' -> state = State.DOT;
                        case '\r' -> state = State.CR;
                        default -> to = plain(b, to, c);
                    }
                }
                case DOT -> {
                    if (c == '\r') {
                        state = State.DOT_CR;
                    } else {
                        to = plain(b, to, c);
                    }
                }
                case DOT_CR, CR -> {
                    if (c == '\n' && state == State.DOT_CR) {
                        state = State.ENDED;
                        connection.unread(end - from);
                        return to;
                    }
                    if (c == '\n') {
                        b[to++] = '\n';
                        longestLine = longestLine();
                        line = 0;
                        state = State.LINE_START;
                    } else {
                        loneCr = true;
                        b[to++] = '\r';
                        line++;
                        if (c == '\r') {
                            state = State.CR;
                        } else {
                            to = plain(b, to, c);
                        }
                    }
                }
                case MIDDLE -> {
                    if (c == '\r') {
                        state = State.CR;
                    } else {
                        to = plain(b, to, c);
                    }
                }
                case ENDED -> throw new IllegalStateException();
            }
        }
        return to;
    }

    /** An octet of a line, or a bare LF. */
    private int plain(byte[] b, int to, byte c) {
        b[to] = c;
        line++;
        bareLf |= c == '\n';
        state = State.MIDDLE;
        return to + 1;
    }
}
