package org.postern.users;

import org.jspecify.annotations.Nullable;
import org.postern.os.Identity;

/**
 * Someone who may log in and has a home.
 *
 * @param name an octet string, as the source of accounts has it
 * @param identity whose rights serve it; null where the source names none: those of the process that asks
 * @param home its directory, an octet string; empty where the source names none
 * @param shell its shell, an octet string
 * @param password what its password is checked against
 * @param admission whether, and from where, it may be used
 */
public record Account(
        String name,
        @Nullable Identity identity,
        String home,
        String shell,
        StoredPassword password,
        Admission admission) {
    private static final int LONGEST_SHOWN = 128;

    /** Whose rights serve it, where this is the identity of who asks. */
    public Identity identityOr(Identity own) {
        return identity == null ? own : identity;
    }

    /** A name as a log may show it: a client chose it. */
    public static String printable(String octets) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(octets.length(), LONGEST_SHOWN); i++) {
            char c = octets.charAt(i);
            shown.append(c > ' ' && c < 127 ? c : '?');
        }
        return octets.length() > LONGEST_SHOWN ? shown.append("...").toString() : shown.toString();
    }
}
