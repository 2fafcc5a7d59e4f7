package org.postern.local;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.postern.os.Octets;

/**
 * A message in the form that an mbox has it: a line that begins with any number of {@code >} and {@code From } gets one
 * more, the last line is ended, and an empty line follows. Works on octets as they come, in constant memory.
 */
final class MboxWriter {
    private static final byte[] FROM = Octets.bytes("From ");
    private static final int PIECE = 64 * 1024;

    private final Sink sink;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** How much of a beginning that may need quoting has been held back: so many {@code >} … */
    private long brackets;

    /** … and so many octets of {@code From }; -1 behind the beginning of a line. */
    private int matched;

    MboxWriter(Sink sink) {
        this.sink = sink;
    }

    /** Where the octets go. */
    @FunctionalInterface
    interface Sink {
        void write(byte[] octets) throws IOException;
    }

    /** The message could not be read. */
    static final class Unreadable extends IOException {
        private static final long serialVersionUID = 1L;
        private final transient IOException why;

        Unreadable(IOException why) {
            super(why);
            this.why = why;
        }

        IOException why() {
            return why;
        }
    }

    void head(String lines) throws IOException {
        out.writeBytes(Octets.bytes(lines));
    }

    void message(InputStream message) throws IOException {
        byte[] buffer = new byte[PIECE];
        byte last = '\n';
        for (int n = read(message, buffer); n >= 0; n = read(message, buffer)) {
            for (int i = 0; i < n; i++) {
                last = buffer[i];
                octet(last);
            }
            flush();
        }
        release();
        if (last != '\n') {
            out.write('\n');
        }
        out.write('\n');
        flush();
    }

    private static int read(InputStream message, byte[] buffer) throws Unreadable {
        try {
            return message.read(buffer);
        } catch (IOException e) {
            throw new Unreadable(e);
        }
    }

    private void octet(byte b) throws IOException {
        if (matched == 0 && b == '>') {
            brackets++;
            return;
        }
        if (matched >= 0 && b == FROM[matched]) {
            matched++;
            if (matched == FROM.length) {
                out.write('>');
                release();
            }
            return;
        }
        release();
        out.write(b);
        matched = b == '\n' ? 0 : -1;
    }

    /** Writes what was held back. */
    private void release() throws IOException {
        while (brackets > 0) {
            out.write('>');
            brackets--;
            if (out.size() >= PIECE) {
                flush();
            }
        }
        out.write(FROM, 0, Math.max(matched, 0));
        matched = -1;
    }

    private void flush() throws IOException {
        sink.write(out.toByteArray());
        out.reset();
    }
}
