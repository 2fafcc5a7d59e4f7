package org.postern.users;

import java.util.Arrays;
import org.postern.os.Octets;

/** A line of users/assign: {@code =local:user:uid:gid:homedir:dash:ext:}, or with {@code +} and the beginning of addresses. */
public sealed interface AssignLine {
    /**
     * An assignment. The original takes any first octet but + for =, so that is kept.
     *
     * @param sign what the line begins with
     * @param address between the sign and the first colon
     * @param value the six fields behind it, a NUL between each two; what follows the last colon does not count
     */
    record Assigns(char sign, String address, String value) implements AssignLine {
        boolean isWildcard() {
            return sign == '+';
        }

        /** Its key in users/cdb. */
        String key() {
            return "!" + Octets.lowerCase(address) + (isWildcard() ? "" : "\0");
        }
    }

    /** The dot that ends the file; the lines below it do not count. */
    record End() implements AssignLine {}

    /** @param why what is wrong, in words that fit behind a colon */
    record Malformed(String why) implements AssignLine {}

    /** Reads a line, given without its line feed. */
    static AssignLine parse(String line) {
        if (line.startsWith(".")) {
            return new End();
        }
        if (line.isEmpty()) {
            return new Malformed("the line is empty");
        }
        if (line.indexOf('\0') >= 0) {
            return new Malformed("there is a NUL octet in it");
        }
        String[] fields = line.split(":", -1);
        if (fields[0].isEmpty()) {
            return new Malformed("it begins with a colon");
        }
        if (fields.length < 8) {
            return new Malformed(
                    "it has " + (fields.length - 1) + " colons; wanted are 7: =local:user:uid:gid:homedir:dash:ext:");
        }
        return new Assigns(
                line.charAt(0),
                fields[0].substring(1),
                String.join("\0", Arrays.asList(fields).subList(1, 7)));
    }
}
