package org.postern.auth;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How long a client waits for its "no": the first failures of an address cost nothing, further ones twice as long as
 * the one before. Kept in memory, of the addresses that failed last; time alone forgets, since who has an account of
 * his own could guess another's for free between own logins. Never a ban: the right password is accepted at once.
 */
public final class FailedLogins {
    private static final int FREE = 3;
    private static final Duration LONGEST = Duration.ofSeconds(8);
    private static final Duration FORGOTTEN = Duration.ofMinutes(10);
    private static final int ADDRESSES = 10_000;

    private final Map<String, Failures> byAddress = new LinkedHashMap<>();

    private record Failures(int count, long lastNanos) {}

    /**
     * Notes a failure.
     *
     * @param nanos the time, as of {@link System#nanoTime}
     * @return how long the client should wait for the answer
     */
    public synchronized Duration failed(String address, long nanos) {
        Failures before = byAddress.remove(address);
        int earlier = before == null || nanos - before.lastNanos > FORGOTTEN.toNanos() ? 0 : before.count;
        int count = Math.min(earlier + 1, FREE + LONGEST.toSecondsPart());
        byAddress.put(address, new Failures(count, nanos));
        if (byAddress.size() > ADDRESSES) {
            Iterator<String> oldest = byAddress.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
        Duration wait = count <= FREE ? Duration.ZERO : Duration.ofSeconds(1L << (count - FREE - 1));
        return wait.compareTo(LONGEST) < 0 ? wait : LONGEST;
    }
}
