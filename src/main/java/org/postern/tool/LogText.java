package org.postern.tool;

/** What a stranger has sent, made fit for a log line: one word, printable, not too long. */
final class LogText {
    private static final int LIMIT_OCTETS = 256;

    private LogText() {}

    static String of(String octets) {
        StringBuilder text = new StringBuilder();
        octets.chars().limit(LIMIT_OCTETS).forEach(c -> text.append(c > ' ' && c < 0x7f ? (char) c : '?'));
        return octets.length() > LIMIT_OCTETS ? text + "..." : text.toString();
    }
}
