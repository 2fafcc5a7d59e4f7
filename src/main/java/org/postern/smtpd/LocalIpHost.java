package org.postern.smtpd;

import java.util.Optional;
import java.util.function.Predicate;
import org.postern.tcp.IpAddress;

/**
 * Puts a name in the place of this host's own address: {@code joe@[192.0.2.1]} becomes {@code joe@localiphost}, so that
 * every host takes mail for its address literal (RFC 5321 §4.1.3) without listing it.
 *
 * @param localiphost the setting; none: nothing is replaced
 * @param isMine whether an address is one of this host's
 */
public record LocalIpHost(Optional<String> localiphost, Predicate<IpAddress> isMine) {
    /** RFC 5321 §4.1.3: the tag of an IPv6 address. */
    private static final String IPV6 = "IPv6:";

    String apply(String address) {
        int at = address.lastIndexOf('@');
        if (localiphost.isEmpty() || at < 0 || !address.startsWith("[", at + 1) || !address.endsWith("]")) {
            return address;
        }
        return IpAddress.parse(literal(address.substring(at + 2, address.length() - 1)))
                .filter(isMine)
                .map(mine -> address.substring(0, at + 1) + localiphost.get())
                .orElse(address);
    }

    private static String literal(String text) {
        return text.regionMatches(true, 0, IPV6, 0, IPV6.length()) ? text.substring(IPV6.length()) : text;
    }
}
