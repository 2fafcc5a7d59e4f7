package org.postern.tcp;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads a line as tcprules does (tcprules(1), RULE FORMAT). */
final class RuleParser {
    private static final String DENY = "deny";
    private static final String ALLOW = "allow";

    /** The beginning of an IPv6 address, as rules have it. */
    private static final Pattern IPV6_PREFIX = Pattern.compile("([0-9a-fA-F]{0,4}:)+");

    private RuleParser() {}

    static RuleLine parse(String line) {
        String text = withoutBlanksAtEnd(line);
        if (text.isEmpty() || text.charAt(0) == '#') {
            return new RuleLine.Nothing();
        }
        int colon = text.indexOf(':');
        if (colon < 0) {
            return new RuleLine.NoColon(text);
        }
        if (!hasVerbAt(text, colon + 1)) {
            colon = colonBehindIpv6(text, colon);
        }
        String address = text.substring(0, colon);
        Optional<String> data = data(text.substring(colon + 1));
        if (data.isEmpty()) {
            return new RuleLine.Unparsable(text);
        }
        return switch (AddressRange.parse(address)) {
            case AddressRange.Parsed.Plain plain -> new RuleLine.Records(text, address, List.of(address), data.get());
            case AddressRange.Parsed.Range(AddressRange range) ->
                new RuleLine.Records(text, address, range.addresses(), data.get());
            case AddressRange.Parsed.Bad bad -> new RuleLine.Unparsable(text);
        };
    }

    /**
     * ucspi-tcp 0.88 ends the address at the first colon and refuses IPv6. What it refuses is read as by Debian's
     * ucspi-tcp-ipv6, where the address ends before {@code :allow} or {@code :deny}, but only for an IPv6 address: all
     * else stays refused (ADR 0010).
     */
    private static int colonBehindIpv6(String text, int first) {
        int colon = first;
        while (colon >= 0 && !hasVerbAt(text, colon + 1)) {
            colon = text.indexOf(':', colon + 1);
        }
        return colon >= 0 && isIpv6(text.substring(0, colon)) ? colon : first;
    }

    private static boolean isIpv6(String address) {
        // Before it there may be TCPREMOTEINFO; a zone (%eth0) is no part of TCPREMOTEIP.
        String ip = address.substring(address.lastIndexOf('@') + 1);
        return IPV6_PREFIX.matcher(ip).matches()
                || ip.indexOf(':') >= 0
                        && ip.indexOf('%') < 0
                        && IpAddress.parse(ip).isPresent();
    }

    private static boolean hasVerbAt(String text, int place) {
        return text.startsWith(DENY, place) || text.startsWith(ALLOW, place);
    }

    /** The instructions in the cdb's form; empty where they cannot be read. */
    private static Optional<String> data(String instructions) {
        StringBuilder data = new StringBuilder();
        int at;
        if (instructions.startsWith(DENY)) {
            data.append("D\0");
            at = DENY.length();
        } else if (instructions.startsWith(ALLOW)) {
            at = ALLOW.length();
        } else {
            return Optional.empty();
        }
        // ,NAME="value": the octet behind the = is the quote, whatever it is.
        while (at < instructions.length()) {
            int quote = instructions.indexOf('=', at) + 1;
            if (instructions.charAt(at) != ',' || quote == 0 || quote == instructions.length()) {
                return Optional.empty();
            }
            int end = instructions.indexOf(instructions.charAt(quote), quote + 1);
            if (end < 0) {
                return Optional.empty();
            }
            data.append('+')
                    .append(instructions, at + 1, quote)
                    .append(instructions, quote + 1, end)
                    .append('\0');
            at = end + 1;
        }
        return Optional.of(data.toString());
    }

    private static String withoutBlanksAtEnd(String line) {
        int end = line.length();
        while (end > 0 && " \t\n".indexOf(line.charAt(end - 1)) >= 0) {
            end--;
        }
        return line.substring(0, end);
    }
}
