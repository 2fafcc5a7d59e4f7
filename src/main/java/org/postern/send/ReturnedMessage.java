package org.postern.send;

import java.io.IOException;
import java.io.InputStream;
import org.postern.os.Octets;
import org.postern.queue.Queue;
import org.postern.queue.QueuedMessage;

/**
 * What of a message goes back to its sender (RFC 6522 §3).
 *
 * @param whole all of it, not the header alone
 */
record ReturnedMessage(QueuedMessage message, boolean whole) {
    private static final int BUFFER = 8192;
    /** No more of a header is looked through, or sent back, than this. */
    private static final int MAX_HEADER = 64 << 10;

    String contentType() {
        return message.smtputf8()
                ? whole ? "message/global" : "message/global-headers" // RFC 6533 §6, RFC 6532 §3.7
                : whole ? "message/rfc822" : "text/rfc822-headers";
    }

    boolean hasEightBit() throws IOException {
        if (!whole) {
            return header().chars().anyMatch(c -> c > 127);
        }
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = message.open()) {
            for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                for (int i = 0; i < n; i++) {
                    if (buffer[i] < 0) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    void writeTo(Queue.TextOutput out) throws IOException {
        if (!whole) {
            byte[] header = Octets.bytes(header());
            out.write(header, 0, header.length);
            return;
        }
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = message.open()) {
            for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        }
    }

    private String header() throws IOException {
        try (InputStream in = message.open()) {
            String text = Octets.of(in.readNBytes(MAX_HEADER));
            int end = text.indexOf("\n\n");
            return end >= 0 ? text.substring(0, end + 1) : text.substring(0, text.lastIndexOf('\n') + 1);
        }
    }
}
