package org.postern.chain;

import java.util.List;

/**
 * A command line, as octet strings.
 *
 * @param values the program's name first, as argv[0]
 */
public record Args(List<String> values) {
    public Args {
        values = List.copyOf(values);
        if (values.isEmpty()) {
            throw new IllegalArgumentException("a command line has at least the program");
        }
    }

    public static Args of(String... values) {
        return new Args(List.of(values));
    }

    /** What the program was called as. */
    public String program() {
        return values.getFirst();
    }

    /** All behind the program's name. */
    public List<String> arguments() {
        return values.subList(1, values.size());
    }
}
