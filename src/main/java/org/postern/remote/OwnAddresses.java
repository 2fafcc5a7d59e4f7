package org.postern.remote;

import org.postern.tcp.IpAddress;

/** Which addresses are this host's: mail that its mail exchanger brings here must not be sent to ourselves. */
@FunctionalInterface
public interface OwnAddresses {
    boolean isOwn(IpAddress address);

    /** Loopback, unspecified, and those of the interfaces, asked anew each time. */
    static OwnAddresses ofSystem() {
        return address -> address.isLoopback() || address.inet().isAnyLocalAddress() || address.isOfThisHost();
    }
}
