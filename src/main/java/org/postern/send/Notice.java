package org.postern.send;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.postern.config.SendSettings;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;
import org.postern.mail.Quoting;
import org.postern.os.Octets;
import org.postern.queue.Marks;
import org.postern.queue.Queue;
import org.postern.queue.QueuedMessage;
import org.postern.queue.ReceivedLine;

/**
 * What a sender is told of his message: a multipart/report (RFC 3464), whose first part has, of failures, qmail's own
 * words.
 */
final class Notice implements Queue.Text {
    /** The sender of what nobody is to be told of, should it not arrive: of a double bounce, of a success, of a delay. */
    static final String NOBODY = "#@[]";

    /** What it is about. */
    enum Kind {
        /** qmail's QSBMF: programs find failures by its first words, so no other kind begins with them. */
        FAILURE("failure notice", """
                Hi. This is the qmail-send program at %s.
                I'm afraid I wasn't able to deliver your message to the following addresses.
                This is a permanent error; I've given up. Sorry it didn't work out.

                """),
        DOUBLE_BOUNCE("failure notice", """
                Hi. This is the qmail-send program at %s.
                I tried to deliver a bounce message to this address, but the bounce bounced!

                """),
        SUCCESS("success notice", """
                This is the qmail-send program at %s.
                You asked to be told what became of your message. Nothing is left to be done.

                """),
        DELAY("delay notice", """
                This is the qmail-send program at %s.
                I haven't been able yet to deliver your message to the following addresses.
                I'll go on trying until %s; you need not send it again.

                """);

        private final String subject;
        private final String words;

        Kind(String subject, String words) {
            this.subject = subject;
            this.words = words;
        }
    }

    /** What became of those recipients that it tells of; gone through several times. */
    @FunctionalInterface
    interface Outcomes {
        void forEach(Marks.OutcomeReader reader) throws IOException;
    }

    /** What all notices have in common. */
    record Context(SendSettings settings, Routes routes, Instant now, RandomGenerator random) {}

    private final Kind kind;
    private final SendSettings settings;
    private final Routes routes;
    private final Instant now;
    private final QueuedMessage message;
    private final Outcomes outcomes;
    private final ReturnedMessage returned;
    private final String boundary;

    private Notice(Kind kind, Context context, QueuedMessage message, Outcomes outcomes) {
        this.kind = kind;
        this.settings = context.settings;
        this.routes = context.routes;
        this.now = context.now;
        this.message = message;
        this.outcomes = outcomes;
        returned = new ReturnedMessage(message, comesBackWhole());
        boundary = String.format(
                Locale.ROOT,
                "postern-%d-%016x%016x",
                message.id(),
                context.random.nextLong(),
                context.random.nextLong());
    }

    /** Of what failed for good. A bounce that failed is a double bounce. */
    static Notice failure(Context context, QueuedMessage message, Marks marks) {
        Kind kind = message.sender().isEmpty() ? Kind.DOUBLE_BOUNCE : Kind.FAILURE;
        return new Notice(kind, context, message, marks::forEachFailure);
    }

    /** Of successes that were not told of yet. */
    static Notice success(Context context, QueuedMessage message, Marks marks) {
        return new Notice(Kind.SUCCESS, context, message, marks::forEachSuccess);
    }

    /** Of recipients that have to wait. */
    static Notice delay(Context context, QueuedMessage message, List<Marks.Outcome> delayed) {
        return new Notice(Kind.DELAY, context, message, reader -> {
            for (Marks.Outcome outcome : delayed) {
                reader.outcome(outcome);
            }
        });
    }

    /** RFC 3461 §4.3: RET is about failures; a notice of anything else has the header alone. */
    private boolean comesBackWhole() {
        return switch (kind) {
            case FAILURE, DOUBLE_BOUNCE ->
                message.dsn().ret() != DsnMail.Ret.HDRS && message.size() <= settings.bouncemaxbytes();
            case SUCCESS, DELAY -> false;
        };
    }

    /** A bounce has no sender; should anything else not arrive, nobody is told. */
    Envelope envelope() {
        return new Envelope(
                kind == Kind.FAILURE ? "" : NOBODY, List.of(recipient()), DsnMail.NONE, List.of(), message.smtputf8());
    }

    private String recipient() {
        return kind == Kind.DOUBLE_BOUNCE
                ? settings.doublebounceto() + "@" + settings.doublebouncehost()
                : Verp.bounceRecipient(message.sender());
    }

    @Override
    public void writeTo(Queue.TextOutput out) throws IOException {
        QueuedMessage.RecipientIndex recipients = message.recipientIndex();
        boolean global = message.smtputf8(); // RFC 6533
        boolean eightBit = returned.hasEightBit();
        String declared = global ? "Content-Transfer-Encoding: 8bit\n" : "";
        put(out, header(eightBit || global));
        put(
                out,
                separator() + "Content-Type: text/plain; charset=" + (global ? "utf-8" : "us-ascii") + "\n" + declared
                        + "\n" + words());
        outcomes.forEach(o -> put(out, paragraph(shown(of(recipients, o).address), said(o))));
        put(out, separator() + "Content-Type: message/" + reportType() + "\n" + declared + "\n");
        put(out, DeliveryStatus.ofMessage(settings.bouncehost(), message));
        outcomes.forEach(o -> put(out, status(o, of(recipients, o))));
        put(
                out,
                separator() + "Content-Type: " + returned.contentType() + "\n"
                        + (eightBit ? "Content-Transfer-Encoding: 8bit\n" : "") + "\n");
        put(out, "Return-Path: <" + quoted(message.sender()) + ">\n");
        returned.writeTo(out);
        put(out, "\n--" + boundary + "--\n");
    }

    /** RFC 6522 §3: the subtype of the second part; RFC 6533 §4. */
    private String reportType() {
        return message.smtputf8() ? "global-delivery-status" : "delivery-status";
    }

    /** An address as the notice may have it. */
    private String shown(String address) {
        return message.smtputf8() ? DeliveryStatus.utf8(address) : DeliveryStatus.sevenBit(address);
    }

    /** @param address as the sender knows it */
    private record Recipient(String address, DsnRcpt dsn) {
        private static final Recipient UNKNOWN = new Recipient("", DsnRcpt.NONE);
    }

    private Recipient of(QueuedMessage.RecipientIndex recipients, Marks.Outcome outcome) {
        QueuedMessage.Recipients found = recipients.from(outcome.recipient());
        return found.next() ? new Recipient(routes.complete(found.address()), found.dsn()) : Recipient.UNKNOWN;
    }

    private String header(boolean eightBit) {
        return "Date: " + ReceivedLine.date(now) + "\nFrom: "
                + quoted(settings.bouncefrom() + "@" + settings.bouncehost())
                + "\nTo: " + quoted(recipient())
                + "\nSubject: " + kind.subject + "\nMessage-ID: <" + boundary + "@" + settings.bouncehost()
                + ">\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
                + "Content-Type: multipart/report; report-type=" + reportType() + ";\n boundary=\"" + boundary + "\"\n"
                + (eightBit ? "Content-Transfer-Encoding: 8bit\n" : "")
                + "\nThis is a MIME-encapsulated message.\n";
    }

    private String words() {
        return String.format(Locale.ROOT, kind.words, settings.bouncehost(), ReceivedLine.date(retryUntil()));
    }

    private Instant retryUntil() {
        return message.taken().plus(settings.queuelifetime());
    }

    private String status(Marks.Outcome outcome, Recipient recipient) {
        String status = DeliveryStatus.ofRecipient(outcome, shown(recipient.address), recipient.dsn);
        return kind == Kind.DELAY ? status + "Will-Retry-Until: " + ReceivedLine.date(retryUntil()) + "\n" : status;
    }

    /** Of failures what was reported; what a local delivery says is not for the sender where it succeeded. */
    private static String said(Marks.Outcome outcome) {
        return switch (outcome.action()) {
            case FAILED, DELAYED -> outcome.report();
            case DELIVERED, PASSED_ON -> "was delivered.\n";
            case RELAYED -> "was passed on to a host that does not tell of what becomes of it.\n" + outcome.report();
            case EXPANDED -> "was passed on to the addresses that this one stands for.\n";
        };
    }

    /** QSBMF: the address, as it is shown, and what was said of it, without an empty line within (qmail-send's addbounce()). */
    static String paragraph(String address, String report) {
        String text = report.endsWith("\n") || report.isEmpty() ? report : report + "\n";
        return "<" + address.replace('\n', '_') + ">:\n" + DeliveryStatus.sevenBit(withoutEmptyLines(text)) + "\n";
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

    private String separator() {
        return "\n--" + boundary + "\n";
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
