package org.postern.smtpd;

import org.postern.tcp.Connection;

/** What a session has of TLS (RFC 3207). */
public sealed interface Tls {
    /** Nothing, and there is nothing to be had. */
    record None() implements Tls {}

    /** STARTTLS is there to be used. */
    record Offered(Connection.Upgrade upgrade) implements Tls {}

    /**
     * It is in use.
     *
     * @param description protocol and cipher suite, as {@code TLSv1.3 TLS_AES_256_GCM_SHA384}
     */
    record InUse(String description) implements Tls {}
}
