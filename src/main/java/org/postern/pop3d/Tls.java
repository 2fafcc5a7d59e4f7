package org.postern.pop3d;

import java.util.ArrayList;
import java.util.List;
import org.postern.tcp.Connection;

/** What a session has of TLS (RFC 2595 §4). */
public sealed interface Tls {
    /** Nothing, and there is nothing to be had. */
    record None() implements Tls {}

    /**
     * STLS is there to be used.
     *
     * @param demanded whether nobody may log in without
     */
    record Offered(Connection.Upgrade upgrade, boolean demanded) implements Tls {}

    /** It is in use. */
    record InUse() implements Tls {}

    /** What CAPA lists, as long as that is so. */
    default List<String> capabilities(List<String> others) {
        return switch (this) {
            case None _, InUse _ -> others;
            case Offered offered -> {
                List<String> all = new ArrayList<>(others);
                if (offered.demanded) {
                    all.remove("USER"); // RFC 2449 §6.2
                    all.removeIf(Capabilities::isSasl);
                }
                all.add("STLS");
                yield all;
            }
        };
    }

    /** Whether a password may be said now. */
    default boolean allowsLogin() {
        return !(this instanceof Offered offered && offered.demanded);
    }
}
