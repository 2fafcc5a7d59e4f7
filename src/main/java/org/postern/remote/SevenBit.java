package org.postern.remote;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.mail.MessageSource;
import org.postern.os.Octets;

/**
 * A message for a host without 8BITMIME (RFC 6152 §3): each part of its body that has an octet above 127 becomes
 * quoted-printable (RFC 2045 §6.7), all else stays as it is. Header fields stay as well, 8-bit or not. A message without
 * MIME gets its fields; its charset is then unknown-8bit (RFC 1428 §4).
 *
 * <p>Read twice: first to learn which parts have such octets, then to send it. Nothing longer than a header is kept.
 */
final class SevenBit implements MessageSource {
    private static final int LONGEST_PIECE = 8192;
    private static final int BUFFER = 64 << 10;
    private static final int LARGEST_HEADER = 1 << 20;
    private static final int LONGEST_QUOTED = 76;
    private static final int DEEPEST = 20;
    /** Further parts are one part: all are quoted, or none. */
    private static final int MOST_PARTS = 100_000;

    private static final int QUOTED_OCTET = 3;
    private static final byte[] HEX = Octets.bytes("0123456789ABCDEF");
    private static final Pattern BOUNDARY = Pattern.compile(
            ";\\s*boundary\\s*=\\s*(?:\"((?:[^\"\\\\]|\\\\.)*)\"|([^\\s;\"]+))", Pattern.CASE_INSENSITIVE);

    private final MessageSource message;
    private final BitSet eightBit;

    private SevenBit(MessageSource message, BitSet eightBit) {
        this.message = message;
        this.eightBit = eightBit;
    }

    static SevenBit of(MessageSource message) throws WireText.Unreadable {
        BitSet eightBit = new BitSet();
        try (InputStream in = new Reader(message.open(), eightBit, true)) {
            in.transferTo(OutputStream.nullOutputStream());
            return new SevenBit(message, eightBit);
        } catch (IOException e) {
            throw new WireText.Unreadable(e);
        }
    }

    @Override
    public InputStream open() throws IOException {
        return new Reader(message.open(), eightBit, false);
    }

    /** As queued: what it becomes is known when it is read. */
    @Override
    public long size() {
        return message.size();
    }

    private static final class Reader extends InputStream {
        private final InputStream in;
        private final BitSet eightBit;
        private final boolean learning;
        private final List<String> boundaries = new ArrayList<>();
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private final byte[] buffer = new byte[BUFFER];
        private int next;
        private int filled;
        private byte[] ready = new byte[0];
        private int at;
        private int part;
        private boolean inHeader = true;
        private boolean quoting;
        private boolean lineStart = true;
        private boolean ended;
        private int column;

        /** @param learning whether the parts are only looked at */
        Reader(InputStream in, BitSet eightBit, boolean learning) {
            this.in = in;
            this.eightBit = eightBit;
            this.learning = learning;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            while (at == ready.length) {
                if (ended) {
                    return -1;
                }
                out.reset();
                if (inHeader) {
                    header();
                } else {
                    body();
                }
                ready = out.toByteArray();
                at = 0;
            }
            int n = Math.min(length, ready.length - at);
            System.arraycopy(ready, at, into, offset, n);
            at += n;
            return n;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }

        // ---- header

        private void header() throws IOException {
            inHeader = false;
            List<String> fields = new ArrayList<>();
            StringBuilder field = new StringBuilder();
            int size = 0;
            String line = piece(LARGEST_HEADER);
            while (isOfHeader(line, field.isEmpty()) && size < LARGEST_HEADER) {
                if (!line.startsWith(" ") && !line.startsWith("\t")) {
                    add(fields, field);
                }
                field.append(line);
                size += line.length();
                line = piece(LARGEST_HEADER);
            }
            add(fields, field);
            begin(fields);
            write(String.join("", fields));
            if (!line.equals("\n") && !line.isEmpty()) {
                // No blank line: the body begins at once.
                if (quoting) {
                    write("\n");
                }
                body(line);
            } else {
                write(line);
                ended = line.isEmpty();
            }
        }

        private static void add(List<String> fields, StringBuilder field) {
            if (!field.isEmpty()) {
                fields.add(field.toString());
                field.setLength(0);
            }
        }

        /** A field, the rest of one, or mbox's From_ line on top. */
        private static boolean isOfHeader(String line, boolean first) {
            int colon = line.indexOf(':');
            return !line.equals("\n")
                    && !line.isEmpty()
                    && (line.startsWith(" ")
                            || line.startsWith("\t")
                            || (first && line.startsWith("From "))
                            || (colon > 0
                                    && line.substring(0, colon)
                                            .stripTrailing()
                                            .chars()
                                            .allMatch(c -> c > ' ' && c < 127)));
        }

        /** A part begins: how its body is treated, and what its header says of it from now on. */
        private void begin(List<String> fields) {
            String type = Octets.lowerCase(value(fields, "content-type").orElse("text/plain"));
            String encoding =
                    Octets.lowerCase(value(fields, "content-transfer-encoding").orElse("7bit"));
            boolean plain = encoding.equals("7bit") || encoding.equals("8bit") || encoding.equals("binary");
            quoting = false;
            if (type.startsWith("multipart/")) {
                boundary(value(fields, "content-type").orElse("")).ifPresent(boundaries::add);
                if (plain && !encoding.equals("7bit")) {
                    encoding(fields, "7bit");
                }
            } else if (type.startsWith("message/rfc822") && plain) {
                if (!encoding.equals("7bit")) {
                    encoding(fields, "7bit");
                }
                inHeader = true;
            } else {
                nextPart();
                quoting = !learning && plain && eightBit.get(part);
                if (quoting) {
                    if (boundaries.isEmpty() && value(fields, "mime-version").isEmpty()) {
                        fields.add("MIME-Version: 1.0\n");
                    }
                    if (value(fields, "content-type").isEmpty()) {
                        fields.add("Content-Type: text/plain; charset=unknown-8bit\n");
                    }
                    encoding(fields, "quoted-printable");
                }
            }
            lineStart = true;
            column = 0;
        }

        private void nextPart() {
            part = Math.min(part + 1, MOST_PARTS);
        }

        private static Optional<String> value(List<String> fields, String name) {
            return fields.stream()
                    .filter(field -> isNamed(field, name))
                    .map(field -> field.substring(field.indexOf(':') + 1).strip())
                    .findFirst();
        }

        private static boolean isNamed(String field, String name) {
            int colon = field.indexOf(':');
            return colon > 0
                    && Octets.lowerCase(field.substring(0, colon).strip()).equals(name);
        }

        private static void encoding(List<String> fields, String encoding) {
            fields.removeIf(field -> isNamed(field, "content-transfer-encoding"));
            fields.add("Content-Transfer-Encoding: " + encoding + "\n");
        }

        private Optional<String> boundary(String contentType) {
            Matcher found = BOUNDARY.matcher(contentType);
            if (boundaries.size() == DEEPEST || !found.find()) {
                return Optional.empty();
            }
            return Optional.of(found.group(1) != null ? found.group(1).replaceAll("\\\\(.)", "$1") : found.group(2));
        }

        // ---- body

        private void body() throws IOException {
            body(piece(LONGEST_PIECE));
        }

        private void body(String piece) throws IOException {
            if (piece.isEmpty()) {
                ended = true;
                return;
            }
            if (lineStart && isDelimiter(piece)) {
                quoting = false;
                write(piece);
                return;
            }
            if (learning) {
                if (!Octets.isAscii(piece)) {
                    eightBit.set(part);
                }
            } else if (quoting) {
                quoted(piece);
            } else {
                write(piece);
            }
            lineStart = piece.endsWith("\n");
        }

        /** RFC 2046 §5.1.1. A delimiter of an outer one ends the inner ones, too. */
        private boolean isDelimiter(String line) {
            if (!line.startsWith("--")) {
                return false;
            }
            String text = line.stripTrailing();
            for (int i = boundaries.size() - 1; i >= 0; i--) {
                String delimiter = "--" + boundaries.get(i);
                boolean closing = text.equals(delimiter + "--");
                if (closing || text.equals(delimiter)) {
                    boundaries.subList(closing ? i : i + 1, boundaries.size()).clear();
                    inHeader = !closing;
                    // What follows a closing delimiter is no part: it is counted, so that the next one is another.
                    nextPart();
                    return true;
                }
            }
            return false;
        }

        private void quoted(String piece) {
            boolean whole = piece.endsWith("\n");
            int end = whole ? piece.length() - 1 : piece.length();
            for (int i = 0; i < end; i++) {
                char c = piece.charAt(i);
                boolean last = i == end - 1;
                boolean itself = (c > ' ' && c < 127 && c != '=') || ((c == ' ' || c == '\t') && !last);
                int length = itself ? 1 : QUOTED_OCTET;
                // A line that goes on keeps a place for its "=".
                if (column + length > (last && whole ? LONGEST_QUOTED : LONGEST_QUOTED - 1)) {
                    write("=\n");
                    column = 0;
                }
                if (itself) {
                    out.write(c);
                } else {
                    out.write('=');
                    out.write(HEX[c >> 4]);
                    out.write(HEX[c & 15]);
                }
                column += length;
            }
            if (whole) {
                write("\n");
                column = 0;
            }
        }

        private void write(String octets) {
            out.writeBytes(Octets.bytes(octets));
        }

        /** A line with its end, or a piece of a long one; empty at the end. */
        private String piece(int most) throws IOException {
            String piece = "";
            boolean over = false;
            while (!over && piece.length() < most) {
                if (next == filled) {
                    next = 0;
                    filled = Math.max(in.read(buffer), 0);
                    over = filled == 0;
                }
                int end = next;
                int limit = Math.min(filled, next + most - piece.length());
                while (end < limit && buffer[end] != '\n') {
                    end++;
                }
                boolean whole = end < limit;
                String run = Octets.of(buffer, next, end - next + (whole ? 1 : 0));
                piece = piece.isEmpty() ? run : piece + run;
                next += run.length();
                over |= whole;
            }
            return piece;
        }
    }
}
