package org.postern.config;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Which known name somebody may have meant. */
final class Nearest {
    private static final int LONGEST = 100;

    private Nearest() {}

    /** The nearest name, where one is near, or else all of them. */
    static String of(String wanted, List<String> known) {
        List<String> near = wanted.length() > LONGEST
                ? List.of()
                : known.stream()
                        .flatMap(name -> Stream.of(name, table(name)))
                        .filter(name -> !name.isEmpty() && distance(wanted, name) <= Math.max(2, wanted.length() / 4))
                        .sorted(Comparator.comparingInt(name -> distance(wanted, name)))
                        .toList();
        return near.isEmpty()
                ? "the known ones: " + String.join(", ", known.stream().sorted().toList())
                : "did you mean " + near.getFirst() + "?";
    }

    /** The table that a setting stands in. */
    private static String table(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }

    /** How many letters must be put in, taken away or changed to make the one the other (Levenshtein). */
    private static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[other.length()];
    }
}
