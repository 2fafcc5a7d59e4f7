package org.postern.os;

import java.util.List;

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

    public boolean isRoot() {
        return uid == 0;
    }
}
