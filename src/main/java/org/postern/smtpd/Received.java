package org.postern.smtpd;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import org.postern.os.Octets;

/** The Received line that an SMTP server adds (RFC 5321 §4.4), as qmail's received() and date822fmt() write it. */
final class Received {
    private static final String[] MONTHS = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    private Received() {}

    /**
     * The user who has logged in stands where qmail has what the client's ident server says.
     *
     * @param protocol the word behind {@code with}
     */
    static String line(Peer peer, Hello hello, String protocol, Instant now) {
        StringBuilder line = new StringBuilder("Received: from ").append(safe(peer.remoteHost()));
        hello.host()
                .filter(host -> !Octets.lowerCase(host).equals(Octets.lowerCase(peer.remoteHost())))
                .ifPresent(host -> line.append(" (HELO ").append(safe(host)).append(')'));
        line.append(" (");
        hello.user()
                .or(peer::remoteInfo)
                .ifPresent(info -> line.append(safe(info)).append('@'));
        return line.append(safe(peer.remoteIp()))
                .append(")\n  by ")
                .append(safe(peer.local()))
                .append(" with ")
                .append(protocol)
                .append("; ")
                .append(date(now))
                .append('\n')
                .toString();
    }

    /** received.c's issafe(): whatever could be read as more than a word becomes a question mark. */
    private static String safe(String octets) {
        StringBuilder safe = new StringBuilder(octets);
        for (int i = 0; i < safe.length(); i++) {
            char c = safe.charAt(i);
            boolean letterOrDigit = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letterOrDigit && ".@%+/=:-".indexOf(c) < 0) {
                safe.setCharAt(i, '?');
            }
        }
        return safe.toString();
    }

    private static String date(Instant now) {
        OffsetDateTime t = now.atOffset(ZoneOffset.UTC);
        return String.format(
                Locale.ROOT,
                "%d %s %d %02d:%02d:%02d -0000",
                t.getDayOfMonth(),
                MONTHS[t.getMonthValue() - 1],
                t.getYear(),
                t.getHour(),
                t.getMinute(),
                t.getSecond());
    }
}
