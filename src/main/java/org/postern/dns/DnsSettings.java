package org.postern.dns;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.postern.tcp.IpAddress;

/**
 * Which servers are asked, and how long.
 *
 * @param servers the servers; an empty list: those of /etc/resolv.conf, and 127.0.0.1 where it names none
 * @param timeout how long one server has for an answer; default 3 s
 * @param tries how often each server is asked; default 2
 * @param limit how long a look-up may take in all, aliases included; default 20 s
 */
public record DnsSettings(List<InetSocketAddress> servers, Duration timeout, int tries, Duration limit) {
    private static final int PORT = 53;

    public DnsSettings {
        servers = List.copyOf(servers);
        if (timeout.isNegative() || timeout.isZero() || limit.compareTo(timeout) < 0 || tries < 1) {
            throw new IllegalArgumentException("timeout " + timeout + ", tries " + tries + ", limit " + limit);
        }
    }

    /** The system's servers. */
    public static DnsSettings ofSystem() {
        return of(List.of());
    }

    /**
     * The servers named in DNSCACHEIP, as the clients of djbdns have it: an address, or several with blanks between
     * them. What is no address does not count; where none is left, the system's servers are asked.
     */
    public static DnsSettings ofDnsCacheIp(String value) {
        return of(List.of(value.split("[ \t,]+", -1)).stream()
                .flatMap(text -> IpAddress.parse(text).stream())
                .map(address -> new InetSocketAddress(address.inet(), PORT))
                .toList());
    }

    private static DnsSettings of(List<InetSocketAddress> servers) {
        return new DnsSettings(servers, Duration.ofSeconds(3), 2, Duration.ofSeconds(20));
    }
}
