package org.postern;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.postern.os.Octets;
import org.postern.tcp.Connection;
import org.postern.tcp.Wire;

/**
 * A client that waits for each answer: it sends a piece when the session asks for input, and what the session wrote
 * until it asks again is the answer. A connection flushes before it waits, so no clock is involved. After the last
 * piece the client closes.
 */
public final class TestingDialogue implements Wire {
    /** Who waits no longer than this looks for what has come already: the client does not hurry to close. */
    private static final Duration MOMENT = Duration.ofSeconds(1);

    private final List<Turn> turns;
    private final List<String> replies = new ArrayList<>();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private byte[] piece = new byte[0];
    private int at;
    private int turn;
    private boolean sawEnd;

    /**
     * @param input what the client sends, in one packet
     * @param before what happens just before
     */
    public record Turn(String input, Runnable before) {
        public Turn(String input) {
            this(input, () -> {});
        }
    }

    /** What is run against the client. */
    @FunctionalInterface
    public interface Session {
        void run(Connection connection) throws Exception;
    }

    public TestingDialogue(List<Turn> turns) {
        this.turns = List.copyOf(turns);
    }

    /** Runs the session to its end, as a process that then exits. */
    public TestingDialogue play(Session session) throws Exception {
        Connection connection = new Connection(this);
        session.run(connection);
        connection.flush();
        endReply();
        return this;
    }

    /** What the session said: first before any input, then after each piece that it took. */
    public List<String> replies() {
        return replies;
    }

    /** Whether the session waited for input after the last piece, and so had to see the client's end. */
    public boolean sawEnd() {
        return sawEnd;
    }

    private void endReply() {
        replies.add(Octets.of(output.toByteArray()));
        output.reset();
    }

    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws SocketTimeoutException {
        if (at == piece.length) {
            if (turn == turns.size()) {
                if (limit.compareTo(MOMENT) < 0) {
                    throw new SocketTimeoutException("the client, answered, waits for the server to close");
                }
                sawEnd = true;
                return -1;
            }
            endReply();
            turns.get(turn).before.run();
            piece = Octets.bytes(turns.get(turn).input);
            at = 0;
            turn++;
        }
        int n = Math.min(length, piece.length - at);
        System.arraycopy(piece, at, into, offset, n);
        at += n;
        return n;
    }

    @Override
    public void write(byte[] from, int offset, int length, Duration limit) {
        output.write(from, offset, length);
    }

    @Override
    public int inputDescriptor() throws IOException {
        throw new IOException("a testing dialogue has no descriptor");
    }

    @Override
    public int outputDescriptor() throws IOException {
        throw new IOException("a testing dialogue has no descriptor");
    }

    @Override
    public void shutdownOutput() {}

    @Override
    public void close() {}
}
