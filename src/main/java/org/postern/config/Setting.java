package org.postern.config;

/**
 * A setting with its value.
 *
 * @param number of its table, from 1, where that is one of an array; otherwise 0
 * @param value as the file has it; of a default its value or words for it; empty: it is not set
 * @param whence where it comes from
 */
public record Setting(Description description, int number, String value, Whence whence) {
    /** Where a value comes from. */
    public sealed interface Whence {
        /** @param line from 1 */
        record Line(String file, int line) implements Whence {
            @Override
            public String toString() {
                return file + ":" + line;
            }
        }

        record Environment(String variable) implements Whence {
            @Override
            public String toString() {
                return "environment, " + variable;
            }
        }

        record Default() implements Whence {
            @Override
            public String toString() {
                return "default";
            }
        }
    }

    /** The whole name, with the table's number: {@code send.route[2].host}. */
    public String key() {
        return number == 0
                ? description.key()
                : description.section().name() + "[" + number + "]." + description.name();
    }

    public boolean isSet() {
        return !(whence instanceof Whence.Default);
    }

    /** The value for other eyes. */
    public String shown() {
        return description.isSecret() && isSet() ? "********" : value;
    }

    /** Without a secret. */
    @Override
    public String toString() {
        return key() + " = " + shown() + " (" + whence + ")";
    }
}
