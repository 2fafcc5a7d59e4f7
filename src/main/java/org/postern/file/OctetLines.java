package org.postern.file;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.postern.os.Octets;

/** The lines of a file, one after the other, as octet strings: for files that may be large. Lines end in LF alone. */
public final class OctetLines implements Closeable {
    /** The longest line taken, in octets. */
    public static final int LONGEST = 1 << 20;

    private final InputStream in;
    private byte[] line = new byte[256];
    private long number;

    private OctetLines(InputStream in) {
        this.in = in;
    }

    /**
     * A line.
     *
     * @param number counted from 1
     * @param text without its line feed
     * @param ended whether it had one; only the file's last line may lack it
     */
    public record Line(long number, String text, boolean ended) {}

    public static OctetLines open(Path file) throws IOException {
        return new OctetLines(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
    }

    /**
     * The next line; empty at the end of the file.
     *
     * @throws IOException also where a line is longer than {@link #LONGEST}
     */
    public Optional<Line> next() throws IOException {
        int length = 0;
        int octet = in.read();
        if (octet < 0) {
            return Optional.empty();
        }
        number++;
        for (; octet >= 0 && octet != '\n'; octet = in.read()) {
            if (length == LONGEST) {
                throw new IOException("line " + number + " has more than " + LONGEST + " octets");
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, 2 * length);
            }
            line[length++] = (byte) octet;
        }
        return Optional.of(new Line(number, Octets.of(line, 0, length), octet == '\n'));
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
