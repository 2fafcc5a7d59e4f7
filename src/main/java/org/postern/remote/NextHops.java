package org.postern.remote;

import java.util.List;
import org.postern.mail.DeliveryResult;

/** Where a domain's mail goes. */
sealed interface NextHops {
    /** @param hosts in the order to be tried; at least one */
    record Hosts(List<Hop> hosts) implements NextHops {
        public Hosts {
            hosts = List.copyOf(hosts);
        }
    }

    /** Nowhere, now or ever. */
    record Nowhere(DeliveryResult result) implements NextHops {}
}
