package org.postern;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.postern.os.Octets;

/**
 * The records of the originals' behaviour (src/test/resources/records): cases with dialogues and notes, octets written
 * as Python shows them.
 */
public final class TestingRecords {
    /** A case: {@code == title}, and the lines below it. */
    public record Case(String title, List<Entry> entries) {
        /** All entries with this key, as {@code QUEUE todo}. */
        public List<String> all(String key) {
            return entries.stream()
                    .filter(e -> e.key.equals(key))
                    .map(Entry::value)
                    .toList();
        }

        @Override
        public String toString() {
            return title;
        }
    }

    /**
     * A line of a case. {@code C} and {@code S} are the dialogue; {@code <closed>} and {@code <EOF>} stand for
     * themselves. A value in quotes is decoded to octets; an elided one ends in {@code ...[N bytes]}.
     */
    public record Entry(String key, String value) {}

    private TestingRecords() {}

    public static List<Case> read(String file) throws IOException {
        List<Case> cases = new ArrayList<>();
        List<Entry> entries = new ArrayList<>();
        for (String line : text(file).split("\n", -1)) {
            if (line.startsWith("== ")) {
                entries = new ArrayList<>();
                cases.add(new Case(line.substring(3), entries));
            } else if (!line.isEmpty()) {
                entries.add(entry(line));
            }
        }
        return cases;
    }

    public static String text(String file) throws IOException {
        try (InputStream in = TestingRecords.class.getResourceAsStream("/records/" + file)) {
            if (in == null) {
                throw new IOException("no record " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static Entry entry(String line) {
        int quote = line.indexOf("='") >= 0 ? line.indexOf("='") + 1 : -1;
        if (line.startsWith("C: ") || line.startsWith("S: ")) {
            return new Entry(line.substring(0, 1), unquote(line.substring(3)));
        }
        if (quote > 0) {
            return new Entry(line.substring(0, quote - 1), unquote(line.substring(quote)));
        }
        int colon = line.indexOf(": ");
        return colon > 0 ? new Entry(line.substring(0, colon), line.substring(colon + 2)) : new Entry(line, "");
    }

    /** The octets of a Python string literal. */
    public static String unquote(String literal) {
        if (literal.length() < 2 || (literal.charAt(0) != '\'' && literal.charAt(0) != '"')) {
            return literal;
        }
        StringBuilder octets = new StringBuilder();
        int end = literal.lastIndexOf(literal.charAt(0));
        for (int i = 1; i < end; i++) {
            char c = literal.charAt(i);
            if (c != '\\') {
                octets.append(c);
                continue;
            }
            c = literal.charAt(++i);
            switch (c) {
                case 'n' -> octets.append('\n');
                case 'r' -> octets.append('\r');
                case 't' -> octets.append('\t');
                case 'x' -> {
                    octets.append((char) Integer.parseInt(literal.substring(i + 1, i + 3), 16));
                    i += 2;
                }
                default -> octets.append(c);
            }
        }
        // "<EOF>" is written in quotes, too.
        return Octets.of(Octets.bytes(octets.toString()));
    }
}
