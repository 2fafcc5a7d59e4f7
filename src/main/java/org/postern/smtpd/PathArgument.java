package org.postern.smtpd;

import java.util.ArrayList;
import java.util.List;
import org.postern.os.Octets;

/**
 * What stands behind MAIL and RCPT: {@code FROM:<joe@example.com> SIZE=1000}. Read as leniently as qmail-smtpd does
 * (addrparse), since devices leave out the angle brackets and put names before them.
 *
 * @param keyword the word before the colon, upper case: FROM or TO; empty where there is none
 * @param address the mailbox without quotes, backslashes and source route (RFC 5321 §4.1.1.3, appendix C); empty for the
 *     null reverse-path
 * @param parameters what follows, split at blanks (RFC 5321 §4.1.2 Mail-parameters)
 */
public record PathArgument(String keyword, String address, List<String> parameters) {
    public PathArgument {
        parameters = List.copyOf(parameters);
    }

    static PathArgument of(String argument) {
        int bracket = argument.indexOf('<');
        int colon = argument.indexOf(':');
        String keyword = "";
        if (colon >= 0 && (bracket < 0 || colon < bracket)) {
            keyword = Octets.upperCase(argument.substring(0, colon));
        }
        char terminator = '>';
        int at = bracket + 1;
        if (bracket < 0) {
            terminator = ' ';
            at = colon < 0 ? argument.length() : colon + 1;
            while (at < argument.length() && argument.charAt(at) == ' ') {
                at++;
            }
        }
        if (at < argument.length() && argument.charAt(at) == '@') {
            int route = argument.indexOf(':', at);
            at = route < 0 ? argument.length() : route + 1;
        }
        StringBuilder address = new StringBuilder();
        boolean escaped = false;
        boolean quoted = false;
        for (; at < argument.length(); at++) {
            char c = argument.charAt(at);
            if (escaped) {
                address.append(c);
                escaped = false;
            } else if (c == terminator && !quoted) {
                at++;
                break;
            } else if (c == '\\') {
                escaped = true;
            } else if (c == '"') {
                quoted = !quoted;
            } else {
                address.append(c);
            }
        }
        return new PathArgument(keyword, address.toString(), words(argument.substring(at)));
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        for (String word : text.split(" ", -1)) {
            if (!word.isEmpty()) {
                words.add(word);
            }
        }
        return words;
    }

    /** Whether there is a parameter of this name, which has no value. */
    boolean has(String name) {
        return parameters.stream().anyMatch(p -> Octets.upperCase(p).equals(name));
    }

    /** The SIZE parameter (RFC 1870 §3); 0 where it is missing or no number, the largest long where it is more. */
    long size() {
        for (String parameter : parameters) {
            if (parameter.length() > 5 && Octets.upperCase(parameter).startsWith("SIZE=")) {
                return number(parameter.substring(5));
            }
        }
        return 0;
    }

    private static long number(String digits) {
        for (int i = 0; i < digits.length(); i++) {
            if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
                return 0;
            }
        }
        return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
    }
}
