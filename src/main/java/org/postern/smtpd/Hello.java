package org.postern.smtpd;

import java.util.Optional;

/**
 * How a client has introduced itself.
 *
 * @param host what HELO or EHLO said, an octet string, perhaps empty; none: it has not yet
 * @param extended whether by EHLO
 * @param tls on what kind of connection
 */
public record Hello(Optional<String> host, boolean extended, Tls tls) {
    /** Not yet; also where TLS was just begun, and all that was said before is forgotten (RFC 3207 §4.2). */
    static Hello none(Tls tls) {
        return new Hello(Optional.empty(), false, tls);
    }
}
