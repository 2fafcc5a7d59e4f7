package org.postern.smtpd;

import java.util.Optional;

/**
 * How a client has introduced itself.
 *
 * @param host what HELO or EHLO said, an octet string, perhaps empty; none: it has not yet
 * @param extended whether by EHLO
 */
public record Hello(Optional<String> host, boolean extended) {
    static final Hello NONE = new Hello(Optional.empty(), false);
}
