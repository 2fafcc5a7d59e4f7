package org.postern.dkim;

import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.os.Octets;

/** The domain of a From field's address, of several the first one's: what DMARC looks at. */
final class FromDomain {
    private static final Pattern IN_BRACKETS = Pattern.compile("<([^<>]*)>");

    private FromDomain() {}

    /** The domain in lower case and in ASCII; empty where there is none, or an address literal. */
    static Optional<String> of(String value) {
        String plain = withoutNames(value);
        Matcher bracketed = IN_BRACKETS.matcher(plain);
        String address = bracketed.find() ? bracketed.group(1) : plain.split(",", 2)[0];
        int at = address.lastIndexOf('@');
        String domain = address.substring(at + 1).replaceAll("[ \t\r\n]", "");
        if (domain.endsWith(".")) {
            domain = domain.substring(0, domain.length() - 1);
        }
        return at < 0 || domain.isEmpty() || domain.startsWith("[") ? Optional.empty() : ascii(domain);
    }

    private static Optional<String> ascii(String domain) {
        if (Octets.isAscii(domain)) {
            return Optional.of(Octets.lowerCase(domain));
        }
        try {
            String unicode = new String(Octets.bytes(domain), StandardCharsets.UTF_8);
            return Optional.of(Octets.lowerCase(IDN.toASCII(unicode)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Comments left out, and a letter for each quoted string (RFC 5322 §3.2.2, §3.2.4): what is in them is no address. */
    private static String withoutNames(String value) {
        StringBuilder plain = new StringBuilder();
        int depth = 0;
        boolean quoted = false;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '\\' && (quoted || depth > 0)) {
                i++;
            } else if (c == '"' && depth == 0) {
                quoted = !quoted;
                plain.append(quoted ? "q" : "");
            } else if (quoted) {
                continue;
            } else if (c == '(') {
                depth++;
            } else if (c == ')' && depth > 0) {
                depth--;
            } else if (depth == 0) {
                plain.append(c);
            }
        }
        return plain.toString();
    }
}
