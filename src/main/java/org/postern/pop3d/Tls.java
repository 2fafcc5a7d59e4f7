package org.postern.pop3d;

import java.util.ArrayList;
import java.util.List;
import org.postern.tcp.Connection;

/** What a session has of TLS (RFC 2595 §4). */
public sealed interface Tls {
    /** Nothing, and there is nothing to be had. */
    record None() implements Tls {}

    /** Nothing and nothing to be had, and yet nobody may log in without. */
    record Missing() implements Tls {}

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
            case Missing _ -> withoutLogin(others);
            case Offered offered -> {
                List<String> all = offered.demanded ? withoutLogin(others) : new ArrayList<>(others);
                all.add("STLS");
                yield all;
            }
        };
    }

    private static List<String> withoutLogin(List<String> capabilities) {
        List<String> all = new ArrayList<>(capabilities);
        all.remove("USER"); // RFC 2449 §6.2
        all.removeIf(Capabilities::isSasl);
        return all;
    }

    /** Whether a password may be said now. */
    default boolean allowsLogin() {
        return switch (this) {
            case None _, InUse _ -> true;
            case Missing _ -> false;
            case Offered offered -> !offered.demanded;
        };
    }
}
