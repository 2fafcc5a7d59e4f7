package org.postern.tcp;

import java.io.IOException;

/**
 * Writes a text as POP3's multi-line responses (RFC 1939 §3) and SMTP's DATA (RFC 5321 §4.5.2) carry it: each LF, or CR
 * LF, becomes one CR LF, and a dot in front of a line is doubled. The counterpart of {@link DotReader}. Works on pieces
 * cut anywhere, in constant memory.
 */
public final class DotWriter {
    private static final int PIECE = 8192;

    private final LoneCr loneCr;
    private final Sink sink;
    private final byte[] out = new byte[PIECE];
    private int length;
    private boolean lineStart = true;
    private boolean heldCr;
    private long doubledDots;

    /** What becomes of a CR that is not before an LF. */
    public enum LoneCr {
        /** POP3: the client is to get the message as it is. */
        KEPT,
        /** SMTP: some servers take it for a line end and could be made to see other commands (ADR 32). */
        BLANK
    }

    /** Where the octets go. */
    @FunctionalInterface
    public interface Sink {
        void write(byte[] from, int offset, int length) throws IOException;
    }

    public DotWriter(LoneCr loneCr, Sink sink) {
        this.loneCr = loneCr;
        this.sink = sink;
    }

    /** The next octets of the text. */
    public void write(byte[] from, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            octet(from[i]);
        }
    }

    /** The text is over: ends its last line where it does not itself, and sends all. The dot behind it is the caller's. */
    public void end() throws IOException {
        if (heldCr && loneCr == LoneCr.KEPT) {
            releaseCr();
        }
        if (heldCr || !lineStart) {
            endLine();
        }
        flush();
    }

    /** How many dots were added. */
    public long doubledDots() {
        return doubledDots;
    }

    private void octet(byte octet) throws IOException {
        if (octet == '\n') {
            endLine();
            return;
        }
        if (heldCr) {
            releaseCr();
        }
        if (octet == '\r') {
            heldCr = true;
        } else {
            text(octet);
        }
    }

    private void releaseCr() throws IOException {
        heldCr = false;
        text((byte) (loneCr == LoneCr.KEPT ? '\r' : ' '));
    }

    private void text(byte octet) throws IOException {
        if (lineStart && octet == '.') {
            put('.');
            doubledDots++;
        }
        put(octet);
        lineStart = false;
    }

    private void endLine() throws IOException {
        heldCr = false;
        put('\r');
        put('\n');
        lineStart = true;
    }

    private void put(int octet) throws IOException {
        if (length == out.length) {
            flush();
        }
        out[length++] = (byte) octet;
    }

    private void flush() throws IOException {
        sink.write(out, 0, length);
        length = 0;
    }
}
