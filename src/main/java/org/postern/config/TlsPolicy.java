package org.postern.config;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What a route asks of TLS (RFC 3207, RFC 8314 §3).
 *
 * @param level how much of it
 * @param implicit whether TLS begins with the connection, as on port 465, and not with STARTTLS
 * @param name the name that the certificate must have; empty: the host's, as the route or the MX record gives it
 * @param cafile certificates to trust, PEM, instead of those of the Java installation
 */
public record TlsPolicy(Level level, boolean implicit, String name, Optional<Path> cafile) {
    /** STARTTLS where it is offered. */
    public static final TlsPolicy MAY = new TlsPolicy(Level.MAY, false, "", Optional.empty());

    /** From none to all; each asks for what those before it do. */
    public enum Level {
        /** No TLS. */
        NONE,
        /** TLS where the host offers it and it works, with whatever certificate; otherwise in clear. */
        MAY,
        /** TLS or no delivery, with whatever certificate. */
        ENCRYPT,
        /** TLS with a certificate that is trusted and has the host's name, or no delivery. */
        VERIFY
    }

    /** Whether nothing is sent in clear. */
    public boolean isRequired() {
        return level == Level.ENCRYPT || level == Level.VERIFY;
    }
}
