package org.postern.dns;

import java.util.List;
import org.postern.tcp.IpAddress;

/** What a look-up of a name's addresses came to. */
public sealed interface Addresses {
    /** @param addresses IPv4 first, at least one; IPv6 as far as the DNS answered for it */
    record Found(List<IpAddress> addresses) implements Addresses {
        public Found {
            addresses = List.copyOf(addresses);
        }
    }

    /** There is no such name. */
    record NoSuchDomain() implements Addresses {}

    /** The name exists and has no address. */
    record None() implements Addresses {}

    /** The DNS gave no answer: to be asked again later. */
    record Temporary(String reason) implements Addresses {}
}
