package org.postern.smtpd;

import java.util.Optional;

/**
 * How a client has introduced itself.
 *
 * @param host what HELO or EHLO said, an octet string, perhaps empty; none: it has not yet
 * @param extended whether by EHLO
 * @param tls on what kind of connection
 * @param user who has logged in, by AUTH
 */
public record Hello(Optional<String> host, boolean extended, Tls tls, Optional<String> user) {
    /** Not yet; also where TLS was just begun, and all that was said before is forgotten (RFC 3207 §4.2). */
    static Hello none(Tls tls) {
        return new Hello(Optional.empty(), false, tls, Optional.empty());
    }

    Hello by(String name, boolean ehlo) {
        return new Hello(Optional.of(name), ehlo, tls, user);
    }

    Hello loggedIn(String name) {
        return new Hello(host, extended, tls, Optional.of(name));
    }
}
