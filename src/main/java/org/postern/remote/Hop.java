package org.postern.remote;

import java.net.InetSocketAddress;
import org.postern.tcp.IpAddress;

/**
 * A host to try.
 *
 * @param name as the route or the MX record has it; for an address literal the address
 */
record Hop(InetSocketAddress address, String name) {
    static Hop of(IpAddress address, int port, String name) {
        return new Hop(new InetSocketAddress(address.inet(), port), name);
    }

    /** As reports name it. */
    String shown() {
        return IpAddress.of(address.getAddress()).toString();
    }
}
