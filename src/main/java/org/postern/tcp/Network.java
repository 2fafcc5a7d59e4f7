package org.postern.tcp;

import java.util.Optional;

/**
 * A network, as 192.0.2.0/24, or a single address.
 *
 * @param address its first address
 * @param prefix how many bits all of its addresses share
 */
public record Network(IpAddress address, int prefix) {
    public Network {
        if (prefix < 0 || prefix > bits(address)) {
            throw new IllegalArgumentException("prefix " + prefix);
        }
    }

    /** Reads {@code address} or {@code address/prefix}; empty for anything else. */
    public static Optional<Network> parse(String text) {
        int slash = text.indexOf('/');
        Optional<IpAddress> address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        return address.flatMap(
                a -> slash < 0 ? Optional.of(new Network(a, bits(a))) : of(a, text.substring(slash + 1)));
    }

    private static Optional<Network> of(IpAddress address, String prefix) {
        if (prefix.isEmpty() || prefix.length() > 3 || !prefix.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.empty();
        }
        int bits = Integer.parseInt(prefix);
        return bits > bits(address) ? Optional.empty() : Optional.of(new Network(address, bits));
    }

    private static int bits(IpAddress address) {
        return address.isV6() ? 128 : 32;
    }

    public boolean contains(IpAddress other) {
        return other.inNetwork(address, prefix);
    }
}
