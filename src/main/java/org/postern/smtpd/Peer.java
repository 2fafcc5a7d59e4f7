package org.postern.smtpd;

import java.util.Optional;

/**
 * Who is at the two ends of a connection, as the Received line tells it.
 *
 * @param remoteIp the client's address ({@code TCPREMOTEIP})
 * @param remoteHost its name in the DNS ({@code TCPREMOTEHOST})
 * @param remoteInfo what its ident server says ({@code TCPREMOTEINFO})
 * @param local this end's name or address ({@code TCPLOCALHOST}, {@code TCPLOCALIP})
 */
public record Peer(String remoteIp, String remoteHost, Optional<String> remoteInfo, String local) {
    /** What stands for what is not known. */
    public static final String UNKNOWN = "unknown";
}
