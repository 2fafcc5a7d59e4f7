package org.postern.config;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.postern.os.Octets;

/**
 * The control file destinationlimits: lines {@code domain:connections:messages}.
 *
 * @param each for each destination that no line names
 * @param lines for all mail to what they name, taken together
 */
record DestinationLimits(DestinationLimit each, List<Line> lines) {
    static final String FILE = "destinationlimits";
    static final DestinationLimits NONE = new DestinationLimits(DestinationLimit.NONE, List.of());

    private static final String FORM =
            "write domain:connections:messages, as example.com:2:500, and nothing for no limit";

    /** @param domain as in smtproutes: {@code example.com}, or {@code .example.com} for those below it; in lower case */
    record Line(String domain, DestinationLimit limit) {}

    DestinationLimits {
        lines = List.copyOf(lines);
    }

    /** An empty domain is each destination. What is wrong is told, with its line. */
    static DestinationLimits read(QmailControl control, List<Problem> problems) throws IOException {
        DestinationLimit each = DestinationLimit.NONE;
        List<Line> lines = new ArrayList<>();
        for (QmailControl.NumberedLine line : control.numberedLines(FILE).orElse(List.of())) {
            String[] parts = line.text().split(":", -1);
            int connections = parts.length == 3 ? number(parts[1], DestinationLimit.MOST_CONNECTIONS) : -1;
            int messages = parts.length == 3 ? number(parts[2], DestinationLimit.MOST_MESSAGES) : -1;
            if (connections < 0 || messages < 0) {
                problems.add(new Problem(
                        control.directory().resolve(FILE).toString(),
                        line.number(),
                        "",
                        "\"" + line.text() + "\": " + FORM + " (up to " + DestinationLimit.MOST_CONNECTIONS + " and "
                                + DestinationLimit.MOST_MESSAGES + ")"));
            } else if (parts[0].isEmpty()) {
                each = new DestinationLimit(connections, messages);
            } else {
                lines.add(new Line(Octets.lowerCase(parts[0]), new DestinationLimit(connections, messages)));
            }
        }
        return new DestinationLimits(each, lines);
    }

    private static int number(String text, int most) {
        if (text.length() > 9 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        int number = text.isEmpty() ? 0 : Integer.parseInt(text);
        return number <= most ? number : -1;
    }
}
