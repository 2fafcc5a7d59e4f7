package org.postern.mail;

/**
 * Addresses as commands and header lines have them, quoted as little as possible (RFC 5321 §4.1.2; qmail's quote.c).
 * Inside the programs a local part stands without its quotes.
 */
public final class Quoting {
    private static final String SPECIALS = "!#$%&'*+-./=?^_`{|}~";

    private Quoting() {}

    /** The address with its local part quoted where it must be; the empty address stays empty. */
    public static String address(String address) {
        int at = address.lastIndexOf('@');
        if (address.isEmpty()) {
            return address;
        }
        return at < 0 ? localPart(address) : localPart(address.substring(0, at)) + address.substring(at);
    }

    static String localPart(String text) {
        if (isPlain(text)) {
            return text;
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\r' || c == '\n' || c == '"' || c == '\\') {
                quoted.append('\\');
            }
            quoted.append(c);
        }
        return quoted.append('"').toString();
    }

    /** RFC 5321's Dot-string. */
    private static boolean isPlain(String text) {
        if (text.isEmpty() || text.startsWith(".") || text.endsWith(".") || text.contains("..")) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letterOrDigit = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letterOrDigit && SPECIALS.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }
}
