package org.postern.config;

import java.time.Duration;

/**
 * How long a client waits for each answer (RFC 5321 §4.5.3.2).
 *
 * @param greeting for the greeting
 * @param command for the answer to EHLO, AUTH, STARTTLS and MAIL
 * @param rcpt to RCPT
 * @param data to DATA
 * @param block for the host to take more of the text
 * @param end for the answer to the message
 */
public record SmtpTimeouts(
        Duration greeting, Duration command, Duration rcpt, Duration data, Duration block, Duration end) {
    /** What the RFC asks to grant at least. */
    public static final SmtpTimeouts RFC5321 = new SmtpTimeouts(
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(2),
            Duration.ofMinutes(3),
            Duration.ofMinutes(10));

    /** The same for each: {@code timeoutremote}. */
    public static SmtpTimeouts all(Duration limit) {
        return new SmtpTimeouts(limit, limit, limit, limit, limit, limit);
    }
}
