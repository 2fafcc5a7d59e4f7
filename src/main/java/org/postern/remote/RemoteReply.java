package org.postern.remote;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.postern.os.Octets;
import org.postern.tcp.Connection;
import org.postern.tcp.Line;

/**
 * An answer of the server, all its lines (RFC 5321 §4.2).
 *
 * @param code of all its lines; 0 where there is none, or they contradict each other
 * @param lines as received, without their ends
 */
record RemoteReply(int code, List<String> lines) {
    private static final int LONGEST_LINE = 16 * 1024;
    private static final int MOST_LINES = 1000;

    /** What of it a report tells (qmail-remote's HUGESMTPTEXT). */
    private static final int LONGEST_TEXT = 5000;

    /**
     * Reads one. A line without a code is taken for text where a reply has begun: what follows would else be taken for
     * the answers to later commands.
     *
     * @param limit how long all of it may take; within the last line there is ten times as long, for who sends single
     *     octets
     * @throws IOException where the connection ends or something comes that is no reply
     */
    static RemoteReply read(Connection connection, Duration limit) throws IOException {
        List<String> lines = new ArrayList<>();
        int kept = 0;
        int code = -1;
        long deadline = System.nanoTime() + limit.toNanos();
        for (int count = 0; count < MOST_LINES; count++) {
            Duration left = count == 0 ? limit : Duration.ofNanos(Math.max(deadline - System.nanoTime(), 1_000_000));
            switch (connection.readLine(LONGEST_LINE, left)) {
                case Line.Text line -> {
                    String text = line.octets();
                    if (kept < LONGEST_TEXT) {
                        lines.add(text);
                        kept += text.length() + 1;
                    }
                    int said = codeOf(text);
                    code = code < 0 ? said : agreed(code, said);
                    boolean more = said > 0 ? text.startsWith("-", 3) : count > 0;
                    if (!more) {
                        return new RemoteReply(code, List.copyOf(lines));
                    }
                }
                case Line.TooLong _ -> throw new IOException("a line of more than " + LONGEST_LINE + " octets");
                case Line.End _ -> throw new IOException("closed");
            }
        }
        throw new IOException("a reply of more than " + MOST_LINES + " lines");
    }

    /** RFC 5321 §4.2.1: all lines have the same. Two of one kind mean the same; of two kinds nobody knows what is meant. */
    private static int agreed(int before, int said) {
        return said == 0 || before / 100 == said / 100 ? before : 0;
    }

    private static int codeOf(String line) {
        if (line.length() < 3) {
            return 0;
        }
        int code = 0;
        for (int i = 0; i < 3; i++) {
            char c = line.charAt(i);
            if (c < '0' || c > '9') {
                return 0;
            }
            code = code * 10 + c - '0';
        }
        return code >= 200 && code <= 599 ? code : 0;
    }

    boolean isPositive() {
        return code >= 200 && code < 300;
    }

    boolean isIntermediate() {
        return code >= 300 && code < 400;
    }

    boolean isPermanent() {
        return code >= 500;
    }

    /** Whether an EHLO reply offers an extension (RFC 5321 §4.1.1.1): the keyword stands first on a line. */
    boolean offers(String keyword) {
        return lines.stream()
                .skip(1)
                .filter(line -> line.length() > 4)
                .map(line -> Octets.upperCase(line.substring(4)))
                .anyMatch(line -> line.equals(keyword) || line.startsWith(keyword + " "));
    }

    /** What the last line says behind its code. */
    String lastText() {
        String last = lines.getLast();
        return last.length() > 4 ? last.substring(4) : "";
    }

    /** What stands behind a keyword of an EHLO reply, in upper case; {@code AUTH=} of old servers counts as AUTH. */
    Set<String> words(String keyword) {
        Set<String> words = new LinkedHashSet<>();
        for (String line : lines.subList(1, lines.size())) {
            String text = Octets.upperCase(line.length() > 4 ? line.substring(4) : "");
            if (text.startsWith(keyword + " ") || text.startsWith(keyword + "=")) {
                words.addAll(List.of(text.substring(keyword.length() + 1).split(" ", -1)));
            }
        }
        words.remove("");
        return words;
    }

    /** For a report: the lines, each with a line feed; a NUL becomes a question mark. */
    String text() {
        StringBuilder text = new StringBuilder();
        lines.forEach(
                line -> text.append(line.replace('\0', '?').replace("\r", "")).append('\n'));
        return text.length() > LONGEST_TEXT ? text.substring(0, LONGEST_TEXT) : text.toString();
    }
}
