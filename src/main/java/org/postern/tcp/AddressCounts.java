package org.postern.tcp;

import java.util.concurrent.ConcurrentHashMap;

/**
 * How many sessions each address has: one client must not have all of them. Of IPv6 the /64 counts, which is what one
 * client has as a rule. For any number of threads.
 */
public final class AddressCounts {
    private final ConcurrentHashMap<IpAddress, Integer> counts = new ConcurrentHashMap<>();

    /** A session begins; so many the address has now, this one too. {@link #leave} is to be called at its end. */
    public int enter(IpAddress address) {
        return counts.merge(address.network(), 1, Integer::sum);
    }

    /** A session of the address has ended. */
    public void leave(IpAddress address) {
        counts.computeIfPresent(address.network(), (_, count) -> count == 1 ? null : count - 1);
    }
}
