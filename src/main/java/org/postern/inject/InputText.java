package org.postern.inject;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A message as a program hands it in, as the queue wants it: every line ended by LF, the last one too. Where the first
 * line ends with CR LF, as those of PHP's mail() since 8.0, every CR LF is taken as a line's end; else each CR is text.
 */
public final class InputText extends FilterInputStream {
    private static final int BUFFER = 64 << 10;

    private final byte[] buffer = new byte[BUFFER];
    private int at;
    private int end;
    private @Nullable Boolean endsWithCrLf;
    private int last = '\n';

    public InputText(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        int c = octet();
        if (c == '\r' && peek() == '\n' && !Boolean.FALSE.equals(endsWithCrLf)) {
            endsWithCrLf = true;
            c = octet();
        } else if (c == '\n' && endsWithCrLf == null) {
            endsWithCrLf = false;
        } else if (c < 0 && last != '\n') {
            c = '\n';
        }
        last = c < 0 ? last : c;
        return c;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int n = 0;
        while (n < length) {
            int c = read();
            if (c < 0) {
                return n == 0 && length > 0 ? -1 : n;
            }
            into[offset + n++] = (byte) c;
        }
        return n;
    }

    /**
     * The next line with its LF.
     *
     * @param limit the octets read at most: a longer line comes without its end
     * @return null at the end
     */
    @Nullable
    String line(int limit) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.length() < limit) {
            int c = read();
            if (c < 0) {
                return line.isEmpty() ? null : line.toString();
            }
            line.append((char) c);
            if (c == '\n') {
                break;
            }
        }
        return line.toString();
    }

    private int octet() throws IOException {
        int c = peek();
        at++;
        return c;
    }

    private int peek() throws IOException {
        if (at >= end) {
            end = Math.max(in.read(buffer), 0);
            at = 0;
            if (end == 0) {
                return -1;
            }
        }
        return buffer[at] & 0xff;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    @Override
    public long skip(long n) {
        throw new UnsupportedOperationException("a message is read, not skipped");
    }

    @Override
    public int available() {
        return end - at;
    }
}
