package org.postern.pop3d;

import java.util.List;

/** What CAPA lists (RFC 2449 §6) for the sessions as they are; a server that offers more gives its own list. */
public final class Capabilities {
    /** Before the login. */
    public static final List<String> AUTHORIZATION = List.of("TOP", "USER", "UIDL", "RESP-CODES", "PIPELINING");

    /** After it: USER has served. */
    public static final List<String> TRANSACTION = List.of("TOP", "UIDL", "RESP-CODES", "PIPELINING");

    private Capabilities() {}
}
