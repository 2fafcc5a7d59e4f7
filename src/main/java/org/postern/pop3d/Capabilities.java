package org.postern.pop3d;

import java.util.List;

/** What CAPA lists (RFC 2449 §6) for the sessions as they are; a server that offers more gives its own list. */
public final class Capabilities {
    /** The same before the login and after it: none of these may differ (§6.1, §6.2, §6.4, §6.6, §6.8). */
    public static final List<String> ALL = List.of("TOP", "USER", "UIDL", "RESP-CODES", "PIPELINING");

    private Capabilities() {}
}
