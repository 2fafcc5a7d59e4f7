package org.postern.remote;

import java.io.IOException;
import java.io.InputStream;

/**
 * A message on its way from the queue's form to SMTP's: lines ended by CR LF, dots doubled (RFC 5321 §4.5.2), the last
 * line ended. No CR and no LF goes out alone: a CR LF of the message is one line end, and a CR anywhere else becomes a
 * blank, since some servers take it for a line end and could be made to see other commands (ADR 0032).
 */
final class WireText {
    private static final int PIECE = 8192;

    private final Sink sink;
    private final byte[] out = new byte[PIECE];
    private int length;
    private boolean lineStart = true;
    private boolean heldCr;
    private long doubledDots;

    /** Where the octets go. */
    @FunctionalInterface
    interface Sink {
        void write(byte[] from, int offset, int length) throws IOException;
    }

    WireText(Sink sink) {
        this.sink = sink;
    }

    /** Sends the message, without the dot behind it. What {@code message} throws, is thrown as {@link Unreadable}. */
    void send(InputStream message) throws IOException {
        byte[] buffer = new byte[PIECE];
        for (int n = read(message, buffer); n >= 0; n = read(message, buffer)) {
            for (int i = 0; i < n; i++) {
                octet(buffer[i]);
            }
        }
        if (heldCr || !lineStart) {
            heldCr = false;
            lineEnd();
        }
        flush();
    }

    /** How many dots were added. */
    long doubledDots() {
        return doubledDots;
    }

    private void octet(byte b) throws IOException {
        if (b == '\n') {
            heldCr = false;
            lineEnd();
            return;
        }
        if (heldCr) {
            heldCr = false;
            text((byte) ' ');
        }
        if (b == '\r') {
            heldCr = true;
        } else {
            text(b);
        }
    }

    private void text(byte b) throws IOException {
        if (lineStart && b == '.') {
            put('.');
            doubledDots++;
        }
        put(b);
        lineStart = false;
    }

    private void lineEnd() throws IOException {
        put('\r');
        put('\n');
        lineStart = true;
    }

    private void put(int b) throws IOException {
        if (length == out.length) {
            flush();
        }
        out[length++] = (byte) b;
    }

    private void flush() throws IOException {
        sink.write(out, 0, length);
        length = 0;
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
