package org.postern.tcp;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The texts under which an IPv6 address stands in rules. tcprules compares text, and Debian's ucspi-tcp-ipv6 looks only
 * for its own spelling, in which 2001:db8:0:1:2:3:4:5 is {@code 2001:db8::1:2:3:4:5}: a rule for the network {@code
 * 2001:db8:0:} misses it. So the address is looked for in each spelling a rule may have been written in (ADR 0011).
 */
final class Ipv6Spellings {
    private final Set<Spelling> spellings = new LinkedHashSet<>();

    /**
     * A text of the address.
     *
     * @param zerosFrom how many groups stand before {@code ::}
     * @param zeros for how many groups it stands
     */
    private record Spelling(String text, int zerosFrom, int zeros) {}

    /** A text that ends in a colon, and how many of the eight groups it decides. */
    private record Prefix(String text, int groups) {}

    private Ipv6Spellings(String[] groups) {
        // RFC 5952 §4.2.2: one group of zeros alone is not shortened; ucspi-tcp-ipv6 shortens it.
        spellings.add(shortened(groups, 2));
        spellings.add(shortened(groups, 1));
        spellings.add(new Spelling(String.join(":", groups), 0, 0));
    }

    /** Empty for what is no IPv6 address, and for IPv4 in IPv6's clothes. */
    static Optional<Ipv6Spellings> of(String text) {
        if (text.indexOf(':') < 0) {
            return Optional.empty();
        }
        return IpAddress.parse(text).filter(IpAddress::isV6).map(address -> new Ipv6Spellings(groups(address)));
    }

    private static String[] groups(IpAddress address) {
        byte[] octets = address.inet().getAddress();
        String[] groups = new String[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = Integer.toHexString((octets[2 * i] & 255) << 8 | octets[2 * i + 1] & 255);
        }
        return groups;
    }

    /** The first of the longest runs of zeros becomes {@code ::}, if it is as long as that. */
    private static Spelling shortened(String[] groups, int least) {
        int from = 0;
        int zeros = 0;
        for (int i = 0; i < 8; i++) {
            int n = 0;
            while (i + n < 8 && groups[i + n].equals("0")) {
                n++;
            }
            if (n > zeros) {
                from = i;
                zeros = n;
            }
        }
        if (zeros < least) {
            return new Spelling(String.join(":", groups), 0, 0);
        }
        List<String> all = List.of(groups);
        String text = String.join(":", all.subList(0, from)) + "::" + String.join(":", all.subList(from + zeros, 8));
        return new Spelling(text, from, zeros);
    }

    /** The whole address, RFC 5952's text first. */
    List<String> whole() {
        return spellings.stream().map(Spelling::text).distinct().toList();
    }

    /** What ends in a colon, the longest networks first. */
    List<String> prefixes() {
        List<Prefix> prefixes = new ArrayList<>();
        for (Spelling spelling : spellings) {
            addPrefixes(spelling, prefixes);
        }
        prefixes.sort(Comparator.comparingInt(Prefix::groups).reversed());
        return prefixes.stream().map(Prefix::text).distinct().toList();
    }

    private static void addPrefixes(Spelling spelling, List<Prefix> into) {
        String text = spelling.text;
        int groups = 0;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) != ':') {
                continue;
            }
            boolean second = i > 0 && text.charAt(i - 1) == ':';
            if (second) {
                groups = spelling.zerosFrom + spelling.zeros;
            } else if (i > 0) {
                groups++;
            }
            into.add(new Prefix(text.substring(0, i + 1), groups));
        }
    }
}
