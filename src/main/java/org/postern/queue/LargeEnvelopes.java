package org.postern.queue;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Of larger envelopes one is held in memory at a time; a user waits for one of his at most, so that he keeps nobody waiting for long. */
final class LargeEnvelopes {
    private final Semaphore turn = new Semaphore(1, true);
    private final Set<Integer> users = ConcurrentHashMap.newKeySet();

    /** Waits for its turn; false where it did not come, or the user has another one. */
    boolean enter(int uid, Duration limit) throws InterruptedException {
        if (!users.add(uid)) {
            return false;
        }
        boolean entered = false;
        try {
            entered = turn.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS);
        } finally {
            if (!entered) {
                users.remove(uid);
            }
        }
        return entered;
    }

    void leave(int uid) {
        turn.release();
        users.remove(uid);
    }

    /** Nobody has his turn, or waits for it. */
    boolean isFree() {
        return users.isEmpty() && turn.availablePermits() == 1;
    }
}
