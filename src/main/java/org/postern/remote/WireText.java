package org.postern.remote;

import java.io.IOException;
import java.io.InputStream;
import org.postern.tcp.DotWriter;

/** A message on its way from the queue's form to SMTP's: no CR and no LF goes out alone (ADR 32), and dots are doubled. */
final class WireText {
    private static final int PIECE = 8192;

    private final DotWriter writer;

    WireText(DotWriter.Sink sink) {
        writer = new DotWriter(DotWriter.LoneCr.BLANK, sink);
    }

    /** Sends the message, without the dot behind it. What {@code message} throws, is thrown as {@link Unreadable}. */
    void send(InputStream message) throws IOException {
        byte[] buffer = new byte[PIECE];
        for (int n = read(message, buffer); n >= 0; n = read(message, buffer)) {
            writer.write(buffer, n);
        }
        writer.end();
    }

    /** How many dots were added. */
    long doubledDots() {
        return writer.doubledDots();
    }

    private static int read(InputStream message, byte[] buffer) throws Unreadable {
        try {
            return message.read(buffer);
        } catch (IOException e) {
            throw new Unreadable(e);
        }
    }

    /** The message could not be read: not the connection's fault. */
    static final class Unreadable extends IOException {
        private static final long serialVersionUID = 1L;

        Unreadable(IOException why) {
            super(why);
        }
    }
}
