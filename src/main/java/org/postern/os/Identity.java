package org.postern.os;

import java.util.List;
import java.util.OptionalInt;

/**
 * Whose rights a program runs with.
 *
 * @param uid user id
 * @param gid group id
 * @param groups supplementary group ids
 */
public record Identity(int uid, int gid, List<Integer> groups) {
    public Identity {
        groups = List.copyOf(groups);
    }

    /** An id in digits; none where it is something else, or -1, which means "leave as it is" to the system. */
    public static OptionalInt id(String digits) {
        if (digits.isEmpty() || digits.length() > 10 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return OptionalInt.empty();
        }
        long value = Long.parseLong(digits);
        return value < 0xffff_ffffL ? OptionalInt.of((int) value) : OptionalInt.empty();
    }

    public boolean isRoot() {
        return uid == 0;
    }
}
