package org.postern.send;

/** Addresses as headers and SMTP want them: the local part in quotes where it is no dot-atom (qmail's quote.c). */
final class Quoting {
    private static final String SPECIAL = "!#$%&'*+-/=?^_`{|}~";

    private Quoting() {}

    /** A line feed, which an envelope may carry, would begin a header line of its own: it is shown as {@code _}. */
    static String address(String raw) {
        String address = raw.replace('\n', '_');
        int at = address.lastIndexOf('@');
        String local = at < 0 ? address : address.substring(0, at);
        return (isDotAtom(local) ? local : quoted(local)) + (at < 0 ? "" : address.substring(at));
    }

    private static boolean isDotAtom(String local) {
        for (int i = 0; i < local.length(); i++) {
            char c = local.charAt(i);
            boolean dot = c == '.' && i > 0 && i < local.length() - 1 && local.charAt(i - 1) != '.';
            if (!dot && !isLetterOrDigit(c) && SPECIAL.indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isLetterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    }

    private static String quoted(String local) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < local.length(); i++) {
            char c = local.charAt(i);
            if (c == '"' || c == '\\' || c == '\r' || c == '\n') {
                out.append('\\');
            }
            out.append(c);
        }
        return out.append('"').toString();
    }
}
