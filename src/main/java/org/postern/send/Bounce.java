package org.postern.send;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postern.config.SendSettings;
import org.postern.mail.Envelope;
import org.postern.mail.Quoting;
import org.postern.os.Octets;
import org.postern.queue.Marks;
import org.postern.queue.Queue;
import org.postern.queue.QueuedMessage;
import org.postern.queue.ReceivedLine;

/**
 * The notice to a sender whose message was refused for good: a multipart/report (RFC 3464), whose first part has qmail's
 * own words.
 */
final class Bounce implements Queue.Text {
    /** The sender of a double bounce: what it bounces to is nobody. */
    static final String DOUBLE_BOUNCE = "#@[]";

    private static final String WORDS = """
            I'm afraid I wasn't able to deliver your message to the following addresses.
            This is a permanent error; I've given up. Sorry it didn't work out.

            """;
    private static final String DOUBLE_WORDS = """
            I tried to deliver a bounce message to this address, but the bounce bounced!

            """;

    private static final int BUFFER = 8192;
    /** No more of a header is looked through, or sent back, than this. */
    private static final int MAX_HEADER = 64 << 10;
    /** RFC 3463, in the report's own words: (#5.1.1), or as a remote host said it: 550 5.1.1. */
    private static final Pattern STATUS =
            Pattern.compile("(?:#|\\b[45][0-9]{2}[ -])([45]\\.[0-9]{1,3}\\.[0-9]{1,3})\\b");
    /** A remote host's reply within a report. */
    private static final Pattern REPLY = Pattern.compile("(?m)^Remote host said: (\\d{3}[ -][^\\n]*)");

    private final SendSettings settings;
    private final Routes routes;
    private final QueuedMessage message;
    private final Marks marks;
    private final Instant now;
    private final String boundary;

    Bounce(
            SendSettings settings,
            Routes routes,
            QueuedMessage message,
            Marks marks,
            Instant now,
            RandomGenerator random) {
        this.settings = settings;
        this.routes = routes;
        this.message = message;
        this.marks = marks;
        this.now = now;
        boundary =
                String.format(Locale.ROOT, "postern-%d-%016x%016x", message.id(), random.nextLong(), random.nextLong());
    }

    private boolean isDouble() {
        return message.sender().isEmpty();
    }

    /** A single bounce has no sender; a double bounce has one that ends the matter. */
    Envelope envelope() {
        return new Envelope(isDouble() ? DOUBLE_BOUNCE : "", List.of(recipient()));
    }

    private String recipient() {
        return isDouble()
                ? settings.doublebounceto() + "@" + settings.doublebouncehost()
                : Verp.bounceRecipient(message.sender());
    }

    @Override
    public void writeTo(Queue.TextOutput out) throws IOException {
        Map<Integer, String> addresses = failedAddresses();
        boolean eightBit = hasEightBit();
        put(out, header(eightBit));
        put(out, explanation());
        marks.forEachFailure((recipient, report) -> put(out, paragraph(addresses.getOrDefault(recipient, ""), report)));
        put(out, separator() + "Content-Type: message/delivery-status\n\n");
        put(
                out,
                "Reporting-MTA: dns; " + settings.bouncehost() + "\nArrival-Date: " + ReceivedLine.date(message.taken())
                        + "\n");
        marks.forEachFailure((recipient, report) -> put(out, status(addresses.getOrDefault(recipient, ""), report)));
        boolean whole = message.size() <= settings.bouncemaxbytes();
        put(
                out,
                separator() + "Content-Type: " + (whole ? "message/rfc822" : "text/rfc822-headers") + "\n"
                        + (eightBit ? "Content-Transfer-Encoding: 8bit\n" : "") + "\n");
        put(out, "Return-Path: <" + quoted(message.sender()) + ">\n");
        copy(out, whole);
        put(out, "\n--" + boundary + "--\n");
    }

    /** Only of those that failed: the others may be 100,000. */
    private Map<Integer, String> failedAddresses() throws IOException {
        Map<Integer, String> addresses = new HashMap<>();
        marks.forEachFailure((recipient, report) -> addresses.put(recipient, ""));
        QueuedMessage.Recipients all = message.recipients();
        while (all.next()) {
            addresses.computeIfPresent(all.index(), (index, unknown) -> routes.complete(all.address()));
        }
        return addresses;
    }

    private String header(boolean eightBit) {
        return "Date: " + ReceivedLine.date(now) + "\nFrom: "
                + quoted(settings.bouncefrom() + "@" + settings.bouncehost())
                + "\nTo: " + quoted(recipient())
                + "\nSubject: failure notice\nMessage-ID: <" + boundary + "@" + settings.bouncehost()
                + ">\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
                + "Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"" + boundary + "\"\n"
                + (eightBit ? "Content-Transfer-Encoding: 8bit\n" : "")
                + "\nThis is a MIME-encapsulated message.\n";
    }

    private String explanation() {
        return separator() + "Content-Type: text/plain; charset=us-ascii\n\nHi. This is the qmail-send program at "
                + settings.bouncehost() + ".\n" + (isDouble() ? DOUBLE_WORDS : WORDS);
    }

    /** QSBMF: the address and what was said of it, without an empty line within (qmail-send's addbounce()). */
    static String paragraph(String address, String report) {
        String text = report.endsWith("\n") || report.isEmpty() ? report : report + "\n";
        return "<" + sevenBit(address.replace('\n', '_')) + ">:\n" + sevenBit(withoutEmptyLines(text)) + "\n";
    }

    private static String withoutEmptyLines(String text) {
        StringBuilder out = new StringBuilder(text);
        for (int i = out.length() - 1; i > 0; i--) {
            if (out.charAt(i) == '\n' && out.charAt(i - 1) == '\n') {
                out.setCharAt(i, '/');
            }
        }
        return out.toString();
    }

    /** RFC 3464 §2.3. */
    static String status(String address, String report) {
        Matcher status = STATUS.matcher(report);
        String code = status.find() ? status.group(1) : "5.0.0";
        // What we give up on was temporary each time; now it is not.
        String permanent = code.charAt(0) == '4' ? "5" + code.substring(1) : code;
        Matcher reply = REPLY.matcher(report);
        String diagnostic = reply.find() ? "smtp; " + oneLine(reply.group(1)) : "x-qmail; " + oneLine(report.strip());
        return "\nFinal-Recipient: rfc822; " + oneLine(address) + "\nAction: failed\nStatus: " + permanent
                + "\nDiagnostic-Code: " + diagnostic + "\n";
    }

    private static String oneLine(String text) {
        String line = sevenBit(text.replace('\n', ' '));
        return line.length() > 900 ? line.substring(0, 900) : line;
    }

    /** The parts we write are declared as ASCII. */
    private static String sevenBit(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            out.append(c == '\n' || (c >= 32 && c < 127) ? c : '?');
        }
        return out.toString();
    }

    private String separator() {
        return "\n--" + boundary + "\n";
    }

    private boolean hasEightBit() throws IOException {
        long left = message.size() <= settings.bouncemaxbytes() ? message.size() : MAX_HEADER;
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = message.open()) {
            for (int n = in.read(buffer); n > 0 && left > 0; n = in.read(buffer)) {
                for (int i = 0; i < n; i++) {
                    if (buffer[i] < 0) {
                        return true;
                    }
                }
                left -= n;
            }
        }
        return false;
    }

    private void copy(Queue.TextOutput out, boolean whole) throws IOException {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = message.open()) {
            if (!whole) {
                put(out, headerOf(Octets.of(in.readNBytes(MAX_HEADER))));
                return;
            }
            for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                out.write(buffer, 0, n);
            }
        }
    }

    private static String headerOf(String text) {
        int end = text.indexOf("\n\n");
        return end >= 0 ? text.substring(0, end + 1) : text.substring(0, text.lastIndexOf('\n') + 1);
    }

    /** A line feed, which an envelope may carry, would begin a header line of its own: it is shown as {@code _}. */
    private static String quoted(String address) {
        return Quoting.address(address.replace('\n', '_'));
    }

    private static void put(Queue.TextOutput out, String octets) throws IOException {
        byte[] bytes = Octets.bytes(octets);
        out.write(bytes, 0, bytes.length);
    }
}
