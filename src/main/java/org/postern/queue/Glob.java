package org.postern.queue;

import org.postern.os.Octets;

/**
 * A pattern for a whole address, domain or number: {@code *} stands for any octets, also none; letters are compared
 * without their case.
 *
 * @param text an octet string
 */
public record Glob(String text) {
    public Glob {
        text = Octets.lowerCase(text);
    }

    /** In time of the product of both lengths at most, whatever stars are in it. */
    public boolean matches(String octets) {
        String value = Octets.lowerCase(octets);
        int at = 0;
        int in = 0;
        int star = -1;
        int retry = 0;
        while (in < value.length()) {
            if (at < text.length() && text.charAt(at) == '*') {
                star = at++;
                retry = in;
            } else if (at < text.length() && text.charAt(at) == value.charAt(in)) {
                at++;
                in++;
            } else if (star >= 0) {
                at = star + 1;
                in = ++retry;
            } else {
                return false;
            }
        }
        while (at < text.length() && text.charAt(at) == '*') {
            at++;
        }
        return at == text.length();
    }
}
