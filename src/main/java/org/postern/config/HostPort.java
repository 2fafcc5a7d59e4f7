package org.postern.config;

import java.net.InetSocketAddress;
import java.util.Optional;
import org.postern.tcp.IpAddress;

/**
 * Where to listen.
 *
 * @param address an IP address
 * @param port 0: any free one
 */
public record HostPort(IpAddress address, int port) {
    /** Reads {@code 192.0.2.1:110}, {@code [2001:db8::1]:110}; empty for anything else. */
    public static Optional<HostPort> parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
            return Optional.empty();
        }
        int port = Integer.parseInt(text.substring(colon + 1));
        String host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        Optional<IpAddress> address = IpAddress.parse(bracketed ? host.substring(1, host.length() - 1) : host);
        return address.filter(a -> port <= 65535 && a.isV6() == bracketed).map(a -> new HostPort(a, port));
    }

    public InetSocketAddress socketAddress() {
        return new InetSocketAddress(address.inet(), port);
    }

    @Override
    public String toString() {
        return (address.isV6() ? "[" + address + "]" : address.toString()) + ":" + port;
    }
}
