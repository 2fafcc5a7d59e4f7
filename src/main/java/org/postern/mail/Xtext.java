package org.postern.mail;

import java.util.Locale;
import java.util.Optional;

/** The encoding of values within SMTP parameters: RFC 3461 §4. Text is an octet string. */
public final class Xtext {
    private Xtext() {}

    /** xchar stays; every other octet becomes a plus sign and two hexadecimal digits. */
    public static String encode(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isXchar(c)) {
                out.append(c);
            } else {
                out.append(String.format(Locale.ROOT, "+%02X", (int) c));
            }
        }
        return out.toString();
    }

    /** The text that was encoded; empty where this is no xtext. Digits in lower case, which some clients send, count. */
    public static Optional<String> decode(String xtext) {
        StringBuilder out = new StringBuilder(xtext.length());
        for (int i = 0; i < xtext.length(); i++) {
            char c = xtext.charAt(i);
            if (c == '+') {
                int octet = i + 2 < xtext.length() ? hex(xtext.charAt(i + 1)) * 16 + hex(xtext.charAt(i + 2)) : -1;
                if (octet < 0) {
                    return Optional.empty();
                }
                out.append((char) octet);
                i += 2;
            } else if (isXchar(c)) {
                out.append(c);
            } else {
                return Optional.empty();
            }
        }
        return Optional.of(out.toString());
    }

    /** What was encoded has to be printable US-ASCII: it comes to stand in a header field (RFC 3461 §4.2, §4.4). */
    static boolean isPrintable(String xtext) {
        return decode(xtext)
                .filter(text -> text.chars().allMatch(c -> c >= ' ' && c < 127))
                .isPresent();
    }

    private static boolean isXchar(char c) {
        return c >= '!' && c <= '~' && c != '+' && c != '=';
    }

    /** Far below 0 where it is no digit, so that no sum of two is a number. */
    private static int hex(char c) {
        int digit = c < 128 ? Character.digit(c, 16) : -1;
        return digit < 0 ? -1000 : digit;
    }
}
