package org.postern.tcp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.os.Octets;

/**
 * Why a rule's address can never be that of a connection, and what to write instead. tcprules accepts any text as an
 * address, so that a typo in a deny rule lets everybody in.
 */
final class RuleAdvice {
    private static final Pattern DIGITS_AND_DOTS = Pattern.compile("[0-9.]+");
    private static final Pattern WHOLE = Pattern.compile("[0-9]+(\\.[0-9]+){3}");
    private static final Pattern PREFIX = Pattern.compile("([0-9]+\\.){1,3}");
    private static final Pattern NETWORK = Pattern.compile("([0-9.]+)/([0-9]{1,2})");
    private static final Pattern HOST = Pattern.compile("[a-zA-Z0-9_.-]*[a-zA-Z][a-zA-Z0-9_.-]*");

    /** What dns_domain_todot makes of a name: lower case, all else as \ooo. */
    private static final Pattern TCPREMOTEHOST = Pattern.compile("[a-z0-9_.\\\\-]+");

    private RuleAdvice() {}

    /** Empty where the rule can match. */
    static Optional<String> whyNever(RuleLine.Records rule) {
        if (AddressRange.parse(rule.address()) instanceof AddressRange.Parsed.Range(AddressRange range)) {
            return rule.keys().isEmpty()
                    ? Optional.of(
                            "the range " + range.written() + " is empty; write the smaller number first, up to 255")
                    : whyNever(rule.keys().getFirst());
        }
        return whyNever(rule.address());
    }

    private static Optional<String> whyNever(String address) {
        if (!address.equals(address.strip())) {
            return Optional.of("there is a blank beside its address; take it away");
        }
        int at = address.lastIndexOf('@');
        if (at >= 0) {
            return behindInfo(address.substring(at + 1));
        }
        return address.startsWith("=") ? host(address.substring(1)) : ip(address);
    }

    /** Behind TCPREMOTEINFO only the whole address and the whole name are looked for. */
    private static Optional<String> behindInfo(String address) {
        if (address.startsWith("=") ? address.length() < 2 || address.charAt(1) == '.' : isPrefix(address)) {
            return Optional.of("behind an @ only a whole address or =host can match; write it in full");
        }
        return address.startsWith("=") ? host(address.substring(1)) : ip(address);
    }

    private static boolean isPrefix(String address) {
        return address.isEmpty()
                || PREFIX.matcher(address).matches()
                || Ipv6Advice.isPrefix(address) && IpAddress.parse(address).isEmpty();
    }

    private static Optional<String> host(String name) {
        if (name.startsWith("*.")) {
            return Optional.of("* is not understood; write =" + name.substring(1));
        }
        if (name.endsWith(".")) {
            return Optional.of("a host's name ends without a dot; write =" + name.substring(0, name.length() - 1));
        }
        String lower = Octets.lowerCase(name);
        if (!lower.equals(name)) {
            return Optional.of("host names are compared in lower case; write =" + lower);
        }
        if (!name.isEmpty() && !TCPREMOTEHOST.matcher(name).matches()) {
            return Optional.of("no host has such a name; write letters, digits, dots and hyphens only");
        }
        return Optional.empty();
    }

    private static Optional<String> ip(String address) {
        if (address.isEmpty()) {
            return Optional.empty();
        }
        if (address.indexOf('/') >= 0) {
            return Optional.of("networks with / are not understood; write " + network(address));
        }
        if (address.indexOf(':') >= 0) {
            return Ipv6Advice.whyNever(address);
        }
        if (!DIGITS_AND_DOTS.matcher(address).matches()) {
            return Optional.of(
                    HOST.matcher(address).matches()
                            ? "it is no IP address; write =" + Octets.lowerCase(address) + " for a host"
                            : "it is neither an IP address nor =host; correct it");
        }
        boolean whole = WHOLE.matcher(address).matches();
        if (!whole && !PREFIX.matcher(address).matches()) {
            return Optional.of(
                    "it is no IP address; write four numbers as in 10.1.2.3, or a prefix ending in a dot as in"
                            + " 10.1.2.");
        }
        for (String octet : address.split("\\.", -1)) {
            if (!octet.isEmpty() && (octet.length() > 3 || Integer.parseInt(octet) > 255)) {
                return Optional.of("an IP address has no number above 255; correct " + octet);
            }
            if (octet.length() > 1 && octet.charAt(0) == '0') {
                return Optional.of("addresses are compared as text; write " + octet + " without zeros before it");
            }
        }
        return Optional.empty();
    }

    /** The prefix, or the range of prefixes, that is the network. */
    private static String network(String address) {
        Matcher m = NETWORK.matcher(address);
        Optional<IpAddress> ip = m.matches() ? IpAddress.parse(padded(m.group(1))) : Optional.empty();
        int bits = m.matches() ? Integer.parseInt(m.group(2)) : 0;
        if (ip.isEmpty() || bits > 32) {
            return "a prefix ending in a dot, as 10.1.2., or a range, as 10.1-3.";
        }
        byte[] octets = ip.get().inet().getAddress();
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < bits / 8; i++) {
            parts.add(Integer.toString(octets[i] & 255));
        }
        if (bits % 8 != 0) {
            int size = 1 << 8 - bits % 8;
            int first = (octets[bits / 8] & 255) / size * size;
            parts.add(first + "-" + (first + size - 1));
        }
        return bits == 0 ? "nothing before the colon" : String.join(".", parts) + (parts.size() < 4 ? "." : "");
    }

    /** 10/8 and 10.1/16 are meant as 10.0.0.0/8 and 10.1.0.0/16. */
    private static String padded(String address) {
        int dots = (int) address.chars().filter(c -> c == '.').count();
        return address + ".0".repeat(Math.max(0, 3 - dots));
    }
}
