package org.postern.smtpd;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.postern.os.Octets;
import org.postern.tcp.Wire;

/**
 * A client that sends pieces, each when the server waits for more, and keeps what the server said before each. After the
 * last piece it closes, or, where told so, stays silent.
 */
public final class TestingSmtpDialogue implements Wire {
    private final List<String> pieces;
    private final boolean silentAtEnd;
    private final List<String> replies = new ArrayList<>();
    private final StringBuilder said = new StringBuilder();
    private byte[] current = new byte[0];
    private int at;
    private int next;

    public TestingSmtpDialogue(List<String> pieces, boolean silentAtEnd) {
        this.pieces = pieces;
        this.silentAtEnd = silentAtEnd;
    }

    /** The greeting, the answer to the first piece, and so on; up to the answer to the last piece that was taken. */
    public List<String> replies() {
        List<String> all = new ArrayList<>(replies);
        if (next <= pieces.size() || !said.isEmpty()) {
            all.add(said.toString());
        }
        return all;
    }

    @Override
    public int read(byte[] into, int offset, int length, Duration limit) throws IOException {
        if (at == current.length) {
            if (next == pieces.size() && silentAtEnd) {
                throw new SocketTimeoutException("read timed out");
            }
            replies.add(said.toString());
            said.setLength(0);
            if (next == pieces.size()) {
                next++;
                return -1;
            }
            current = Octets.bytes(pieces.get(next++));
            at = 0;
        }
        int n = Math.min(length, current.length - at);
        System.arraycopy(current, at, into, offset, n);
        at += n;
        return n;
    }

    @Override
    public void write(byte[] from, int offset, int length, Duration limit) {
        said.append(Octets.of(from, offset, length));
    }

    @Override
    public int inputDescriptor() throws IOException {
        throw new IOException("no descriptor");
    }

    @Override
    public int outputDescriptor() throws IOException {
        throw new IOException("no descriptor");
    }

    @Override
    public void shutdownOutput() {}

    @Override
    public void close() {}
}
