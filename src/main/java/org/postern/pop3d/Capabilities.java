package org.postern.pop3d;

import java.util.List;
import java.util.stream.Stream;
import org.postern.auth.Sasl;

/** What CAPA lists (RFC 2449 §6) for the sessions as they are; a server that offers more gives its own list. */
public final class Capabilities {
    /** The same before the login and after it: none of these may differ (§6.1, §6.2, §6.4, §6.6, §6.8). */
    public static final List<String> ALL = List.of("TOP", "USER", "UIDL", "RESP-CODES", "PIPELINING");

    /** Of {@code postern serve}: AUTH besides (RFC 5034 §3), and refusals that say so (RFC 3206 §5). */
    public static final List<String> SERVE = Stream.concat(
                    ALL.stream(), Stream.of("SASL " + String.join(" ", Sasl.MECHANISMS), "AUTH-RESP-CODE"))
            .toList();

    private Capabilities() {}

    static boolean haveSasl(List<String> capabilities) {
        return capabilities.stream().anyMatch(Capabilities::isSasl);
    }

    static boolean isSasl(String capability) {
        return capability.startsWith("SASL ");
    }

    static boolean haveAuthRespCode(List<String> capabilities) {
        return capabilities.contains("AUTH-RESP-CODE");
    }
}
