package org.postern.queue;

import java.util.HashMap;
import java.util.Map;

/** How many may be in at a time: in all, and of one user. */
final class UidLimits {
    private final int inAll;
    private final int ofOne;
    private final Map<Integer, Integer> in = new HashMap<>();
    private int count;

    UidLimits(int inAll, int ofOne) {
        this.inAll = inAll;
        this.ofOne = ofOne;
    }

    /** Whether he may; then he is in until he {@link #leave}s. */
    synchronized boolean enter(int uid) {
        int his = in.getOrDefault(uid, 0);
        if (count >= inAll || his >= ofOne) {
            return false;
        }
        in.put(uid, his + 1);
        count++;
        return true;
    }

    synchronized void leave(int uid) {
        count--;
        in.computeIfPresent(uid, (u, his) -> his == 1 ? null : his - 1);
    }
}
