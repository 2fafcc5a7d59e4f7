package org.postern.pop3d;

import java.time.Duration;

/**
 * What a session takes.
 *
 * @param idle how long a client may say nothing, or take nothing; 20 minutes, the original's 1200 s
 * @param lineOctets the longest command, its end not counted. RFC 2449 §4 asks for 255; the default, 1024, holds every
 *     user name and password that fits on checkpassword's descriptor 3
 * @param badCommands how many commands that are none, or too long, a session forgives; 100
 * @param attempts how many logins may fail before the connection is closed; 1, as the original
 */
public record Limits(Duration idle, int lineOctets, int badCommands, int attempts) {
    public static final Limits DEFAULT = new Limits(Duration.ofMinutes(20), 1024, 100, 1);

    public Limits {
        if (idle.isNegative() || idle.isZero() || lineOctets < 255 || badCommands < 1 || attempts < 1) {
            throw new IllegalArgumentException("limits of a POP3 session out of range");
        }
    }
}
