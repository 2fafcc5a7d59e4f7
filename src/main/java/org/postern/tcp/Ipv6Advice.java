package org.postern.tcp;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** {@link RuleAdvice} for IPv6: can this text be an address, or the beginning of one, as a look-up spells it? */
final class Ipv6Advice {
    private static final int GROUPS = 8;

    private Ipv6Advice() {}

    static Optional<String> whyNever(String address) {
        Optional<IpAddress> whole = IpAddress.parse(address);
        if (whole.isPresent() && !whole.get().isV6()) {
            return Optional.of("an IPv4 client's address is " + whole.get() + "; write that");
        }
        if (whole.isPresent() && spellings(whole.get()).contains(address) || isPrefix(address)) {
            return Optional.empty();
        }
        if (whole.isPresent()) {
            return Optional.of("addresses are compared as text, and this one is " + whole.get() + "; write that");
        }
        return Optional.of("it is no IPv6 address; write one as 2001:db8::1, or a prefix ending in a colon, in lower"
                + " case, as 2001:db8:");
    }

    private static Collection<String> spellings(IpAddress address) {
        return Ipv6Spellings.of(address.toString()).map(Ipv6Spellings::whole).orElse(List.of());
    }

    /**
     * Whether an address begins so. Addresses are made of it, with one group of zeros after the other in the place of
     * its {@code ::}, and ones behind it; one of them must be looked for under this prefix.
     */
    static boolean isPrefix(String text) {
        if (!text.endsWith(":")) {
            return false;
        }
        int gap = text.indexOf("::");
        String[] before = groups(gap < 0 ? text : text.substring(0, gap));
        String[] after = gap < 0 ? new String[0] : groups(text.substring(gap + 2));
        for (int zeros = gap < 0 ? 0 : 1; before.length + zeros + after.length <= GROUPS; zeros++) {
            String[] all = new String[GROUPS];
            Arrays.fill(all, "1");
            System.arraycopy(before, 0, all, 0, before.length);
            Arrays.fill(all, before.length, before.length + zeros, "0");
            System.arraycopy(after, 0, all, before.length + zeros, after.length);
            Optional<Ipv6Spellings> made = Ipv6Spellings.of(String.join(":", all));
            if (made.isPresent() && made.get().prefixes().contains(text)) {
                return true;
            }
        }
        return false;
    }

    private static String[] groups(String text) {
        return text.isEmpty() ? new String[0] : text.split(":");
    }
}
