package org.postern.dkim;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postern.os.Octets;

/**
 * The fields of a message's header, each as it stands there, folded, without its last line end. What goes on the wire is
 * the same but for line ends and lone CRs (ADR 32), which the relaxed form takes for blanks anyway.
 */
record Header(List<Field> fields) {
    private static final int MOST_OCTETS = 1 << 20;
    private static final int MOST_FIELDS = 500;

    Header {
        fields = List.copyOf(fields);
    }

    /**
     * A field.
     *
     * @param name in lower case
     * @param value what stands behind the colon
     */
    record Field(String name, String value) {}

    /**
     * Reads the header and the empty line behind it; the body comes next.
     *
     * @return empty where it is none that all receivers read alike: a line in it is no field, or it has no end within a
     *     mebibyte and 500 fields
     */
    static Optional<Header> read(InputStream in) throws IOException {
        List<Field> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        int left = MOST_OCTETS;
        while (left > 0) {
            String line = line(in, left);
            left -= line.length();
            boolean continues = line.startsWith(" ") || line.startsWith("\t");
            if (!continues && !field.isEmpty()) {
                int colon = field.indexOf(":");
                fields.add(new Field(
                        Octets.lowerCase(field.substring(0, colon).stripTrailing()), field.substring(colon + 1)));
                field.setLength(0);
            }
            if (fields.size() > MOST_FIELDS) {
                return Optional.empty();
            }
            if (line.isEmpty() || line.equals("\n") || line.equals("\r\n")) {
                return Optional.of(new Header(fields));
            }
            if (continues ? field.isEmpty() : !isField(line)) {
                return Optional.empty();
            }
            field.append(line);
        }
        return Optional.empty();
    }

    /** RFC 5322 §3.6.8, with the blanks of §4.5.3 before the colon. */
    private static boolean isField(String line) {
        int colon = line.indexOf(':');
        String name = colon < 0 ? "" : line.substring(0, colon).stripTrailing();
        return !name.isEmpty() && name.chars().allMatch(c -> c > ' ' && c < 127);
    }

    /** A line with its end; cut where it is longer than that. */
    private static String line(InputStream in, int most) throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.length() < most) {
            int c = in.read();
            if (c < 0) {
                break;
            }
            line.append((char) c);
            if (c == '\n') {
                break;
            }
        }
        return line.toString();
    }

    /** All fields of a name, the topmost first. */
    List<Field> named(String name) {
        return fields.stream().filter(field -> field.name.equals(name)).toList();
    }
}
