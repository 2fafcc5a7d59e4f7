package org.postern.tcp;

import java.util.List;

/** A line of tcprules' input, parsed: {@code address:allow,NAME="value"}. Every line is one of these. */
public sealed interface RuleLine {
    /** A comment or a blank line. */
    record Nothing() implements RuleLine {}

    /** Not a comment, but without a colon: passed over without a word by the original. */
    record NoColon(String line) implements RuleLine {}

    /**
     * What it puts into the cdb.
     *
     * @param line without blanks at its end
     * @param address as written, perhaps with a range
     * @param keys an address each
     * @param data the same under each key, see {@link Rule#decode}
     */
    record Records(String line, String address, List<String> keys, String data) implements RuleLine {
        public Records {
            keys = List.copyOf(keys);
        }
    }

    /** What tcprules refuses; nothing of its input counts then. */
    record Unparsable(String line) implements RuleLine {}

    /** @param line with or without its line feed */
    static RuleLine parse(String line) {
        return RuleParser.parse(line);
    }
}
