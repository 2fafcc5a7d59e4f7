package org.postern.dns;

import java.util.List;
import java.util.Optional;
import org.postern.tcp.IpAddress;

/** Look-ups in the DNS. Each call waits for its answer, within the limits of {@link DnsSettings}. */
public interface Resolver {
    /** The name of an address (PTR). */
    AddressName name(IpAddress address);

    /** A and AAAA records. */
    Addresses addresses(String name);

    /** MX records. */
    MailExchangers mailExchangers(String domain);

    /** The name of an address; empty where there is none, or no answer. */
    default Optional<String> nameOf(IpAddress address) {
        return name(address) instanceof AddressName.Found found ? Optional.of(found.name()) : Optional.empty();
    }

    /** The addresses of a name; an empty list where there are none, or no answer. */
    default List<IpAddress> addressesOf(String name) {
        return addresses(name) instanceof Addresses.Found found ? found.addresses() : List.of();
    }
}
