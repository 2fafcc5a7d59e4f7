package org.postern.tcp;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Under which addresses a connection's rule is looked for, in which order. */
final class RuleOrder {
    private RuleOrder() {}

    /** tcprules(1), ADDRESSES. */
    static Collection<String> addresses(String ip, @Nullable String host, @Nullable String info) {
        Optional<Ipv6Spellings> v6 = Ipv6Spellings.of(ip);
        List<String> ips = v6.map(Ipv6Spellings::whole).orElse(List.of(ip));
        Collection<String> order = new LinkedHashSet<>();
        if (info != null) {
            ips.forEach(text -> order.add(info + "@" + text));
            if (host != null) {
                order.add(info + "@=" + host);
            }
        }
        order.addAll(ips);
        if (host != null) {
            order.add("=" + host);
        }
        order.addAll(v6.map(Ipv6Spellings::prefixes).orElseGet(() -> dottedPrefixes(ip)));
        if (host != null) {
            for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
                order.add("=" + host.substring(dot));
            }
            order.add("=");
        }
        order.add("");
        return order;
    }

    /** 10.1.2., 10.1., 10. */
    private static List<String> dottedPrefixes(String ip) {
        List<String> prefixes = new ArrayList<>();
        for (int dot = ip.lastIndexOf('.'); dot >= 0; dot = ip.lastIndexOf('.', dot - 1)) {
            prefixes.add(ip.substring(0, dot + 1));
        }
        return prefixes;
    }
}
