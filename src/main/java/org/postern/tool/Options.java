package org.postern.tool;

import java.util.List;
import java.util.Optional;

/**
 * Reads a command line as subgetopt of D. J. Bernstein's programs does: options may be run together, a value follows at
 * once or as the next argument. An argument that begins with {@code --}, whatever follows, ends them, and so does the
 * first one that is no option.
 */
final class Options {
    private final List<String> arguments;
    private final String valued;
    private int next;
    /** Where in the argument before {@link #next} the next letter stands; 0: at none. */
    private int letter;

    /** One option. */
    sealed interface Option {
        record Flag(char letter) implements Option {}

        record Valued(char letter, String value) implements Option {}

        record NoValue(char letter) implements Option {}
    }

    /** @param valued the letters of those that have a value */
    Options(List<String> arguments, String valued) {
        this.arguments = arguments;
        this.valued = valued;
    }

    /** The next option; empty where the operands begin. */
    Optional<Option> next() {
        if (letter == 0) {
            if (next == arguments.size()) {
                return Optional.empty();
            }
            String argument = arguments.get(next);
            if (argument.length() < 2 || argument.charAt(0) != '-') {
                return Optional.empty();
            }
            next++;
            if (argument.startsWith("--")) {
                return Optional.empty();
            }
            letter = 1;
        }
        String argument = arguments.get(next - 1);
        char c = argument.charAt(letter);
        if (valued.indexOf(c) < 0) {
            letter = letter + 1 < argument.length() ? letter + 1 : 0;
            return Optional.of(new Option.Flag(c));
        }
        String value = argument.substring(letter + 1);
        letter = 0;
        if (!value.isEmpty()) {
            return Optional.of(new Option.Valued(c, value));
        }
        return Optional.of(
                next < arguments.size() ? new Option.Valued(c, arguments.get(next++)) : new Option.NoValue(c));
    }

    /** Takes the rest of the argument that the latest option stood in: for those whose value is optional. */
    void skipRest() {
        letter = 0;
    }

    /** What is behind the options. */
    List<String> operands() {
        return arguments.subList(next, arguments.size());
    }
}
