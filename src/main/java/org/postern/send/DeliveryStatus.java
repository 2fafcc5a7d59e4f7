package org.postern.send;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Utf8;
import org.postern.os.Octets;
import org.postern.queue.Marks;
import org.postern.queue.QueuedMessage;
import org.postern.queue.ReceivedLine;

/** The fields of a message/delivery-status (RFC 3464 §2), taken from what deliveries report. */
final class DeliveryStatus {
    /** RFC 3463, in the report's own words: (#5.1.1), or as a remote host said it: 550 5.1.1. */
    private static final Pattern STATUS =
            Pattern.compile("(?:#|\\b[245][0-9]{2}[ -])([245])(\\.[0-9]{1,3}\\.[0-9]{1,3})\\b");
    /** A remote host's reply within a report. */
    private static final Pattern REPLY = Pattern.compile("(?m)^Remote host said: (\\d{3}[ -][^\\n]*)");
    /** The remote host, as the report's first line names it. */
    private static final Pattern HOST =
            Pattern.compile("(?:Connected to )?([0-9A-Fa-f.:]{2,45}) (?:accepted|does not like|failed|but) ");

    /** RFC 5322 §2.1.1 has 998. */
    private static final int LONGEST_LINE = 900;

    private DeliveryStatus() {}

    /** RFC 3464 §2.2. */
    static String ofMessage(String reportingHost, QueuedMessage message) {
        String envid = message.dsn().envid();
        return (envid.isEmpty() ? "" : "Original-Envelope-Id: " + message.dsn().envelopeId() + "\n")
                + "Reporting-MTA: dns; " + reportingHost + "\nArrival-Date: " + ReceivedLine.date(message.taken())
                + "\n";
    }

    /**
     * RFC 3464 §2.3, with the empty line before it.
     *
     * @param address as it is shown: ASCII, or UTF-8 in a report that may have it
     */
    static String ofRecipient(Marks.Outcome outcome, String address, DsnRcpt dsn) {
        StringBuilder fields = new StringBuilder("\n");
        if (!dsn.orcpt().isEmpty()) {
            fields.append("Original-Recipient: ")
                    .append(dsn.originalRecipient())
                    .append('\n');
        }
        fields.append("Final-Recipient: ")
                .append(Octets.isAscii(address) ? "rfc822; " : "utf-8; ") // RFC 6533 §3
                .append(cut(address.replace('\n', ' ')))
                .append('\n');
        fields.append("Action: ").append(outcome.action().word()).append('\n');
        fields.append("Status: ").append(status(outcome)).append('\n');
        String report = outcome.report();
        Optional<String> reply = found(REPLY.matcher(report));
        if (reply.isPresent()) {
            Matcher host = HOST.matcher(report);
            if (host.lookingAt()) {
                fields.append("Remote-MTA: dns; ")
                        .append(literal(host.group(1)))
                        .append('\n');
            }
        }
        String diagnostic = reply.map(said -> "smtp; " + oneLine(said)).orElse("x-qmail; " + oneLine(report.strip()));
        if (!report.isEmpty()) {
            fields.append("Diagnostic-Code: ").append(diagnostic).append('\n');
        }
        if (outcome.tried().isAfter(Instant.EPOCH)) {
            fields.append("Last-Attempt-Date: ")
                    .append(ReceivedLine.date(outcome.tried()))
                    .append('\n');
        }
        return fields.toString();
    }

    /** The class follows from the action: what we give up on was temporary each time, and now it is not. */
    private static String status(Marks.Outcome outcome) {
        String digit = switch (outcome.action()) {
            case FAILED -> "5";
            case DELAYED -> "4";
            case DELIVERED, RELAYED, EXPANDED, PASSED_ON -> "2";
        };
        Matcher status = STATUS.matcher(outcome.report());
        while (status.find()) {
            if (digit.equals("2") == status.group(1).equals("2")) {
                return digit + status.group(2);
            }
        }
        return digit + ".0.0";
    }

    private static Optional<String> found(Matcher matcher) {
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** RFC 5321 §4.1.3. */
    private static String literal(String address) {
        return "[" + (address.indexOf(':') >= 0 ? "IPv6:" : "") + address + "]";
    }

    private static String oneLine(String text) {
        return cut(sevenBit(text.replace('\n', ' ')));
    }

    private static String cut(String line) {
        return line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) : line;
    }

    /** The same for parts that are declared as UTF-8. */
    static String utf8(String text) {
        boolean fit = Utf8.is(text) && text.chars().allMatch(c -> c == '\n' || c >= 32 && c != 127);
        return fit && text.length() <= LONGEST_LINE ? text : sevenBit(text);
    }

    /** The parts we write are declared as ASCII. */
    static String sevenBit(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(c == '\n' || (c >= 32 && c < 127) ? c : '?');
        }
        return out.toString();
    }
}
