package org.postern.local;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.postern.mail.Quoting;

/**
 * The lines that stand before a delivered message, each with its line feed.
 *
 * @param returnPath {@code Return-Path: <sender>}
 * @param deliveredTo {@code Delivered-To: recipient}
 * @param from the line that begins a message in an mbox
 */
record EnvelopeLines(String returnPath, String deliveredTo, String from) {
    private static final DateTimeFormatter CTIME = DateTimeFormatter.ofPattern(
                    "EEE MMM dd HH:mm:ss yyyy", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    static EnvelopeLines of(String sender, String recipient, Instant now) {
        String who = sender.isEmpty() ? "MAILER-DAEMON" : sender.replaceAll("[ \t\n]", "-");
        return new EnvelopeLines(
                "Return-Path: <" + Quoting.address(sender).replace('\n', '_') + ">\n",
                "Delivered-To: " + recipient.replace('\n', '_') + "\n",
                "From " + who + " " + CTIME.format(now) + "\n");
    }

    /** What is put before a message in a Maildir. */
    String head() {
        return returnPath + deliveredTo;
    }
}
