package org.postern.users;

import java.util.List;
import java.util.OptionalInt;
import org.postern.os.Identity;
import org.postern.os.Octets;

/**
 * Whose mail an address is, by a line of users/assign (qmail-users(5)).
 *
 * @param user an octet string, as are the following
 * @param home where his .qmail files are; a relative one is taken from qmail's home
 * @param dash what stands between {@code .qmail} and the extension
 * @param extension of the line; for a wildcard with what of the address it leaves open behind it
 * @param exact whether the line names the whole address, with {@code =}
 */
public record Assignment(String user, int uid, int gid, String home, String dash, String extension, boolean exact) {
    private static final int FIELDS = 6;

    /** The fields of a line behind the address, or why they assign nothing. */
    sealed interface Parsed {
        record Good(Assignment assignment) implements Parsed {}

        /** @param why what is wrong, in words that fit behind a colon */
        record Bad(String why) implements Parsed {}
    }

    /**
     * Reads a value of users/cdb: six fields with a NUL between each two.
     *
     * @param rest what of the address a wildcard leaves open
     */
    static Parsed parse(String value, boolean exact, String rest) {
        List<String> fields = List.of(value.split("\0", -1));
        if (fields.size() != FIELDS) {
            return new Parsed.Bad("it has " + fields.size() + " fields instead of " + FIELDS);
        }
        OptionalInt uid = Identity.id(fields.get(1));
        OptionalInt gid = Identity.id(fields.get(2));
        if (uid.isEmpty() || gid.isEmpty()) {
            boolean user = uid.isEmpty();
            return new Parsed.Bad(
                    (user ? "the uid " : "the gid ") + Octets.word(fields.get(user ? 1 : 2)) + " is no number");
        }
        return new Parsed.Good(new Assignment(
                fields.get(0),
                uid.getAsInt(),
                gid.getAsInt(),
                fields.get(3),
                fields.get(4),
                fields.get(5) + rest,
                exact));
    }
}
