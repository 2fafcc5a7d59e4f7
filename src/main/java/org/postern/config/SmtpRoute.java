package org.postern.config;

import java.util.Optional;
import org.postern.os.Octets;

/**
 * Where mail for a domain goes instead of to its mail exchangers, and how: a line of smtproutes (qmail-remote(8)), or a
 * table {@code [[send.route]]} of postern.toml, which can say more.
 *
 * @param domain in lower case: {@code example.com} for that domain, {@code .example.com} for those below it, empty for
 *     all
 * @param host a name, or an IP address without brackets; empty: the domain's mail exchangers, as without a route
 * @param port default 25
 * @param tls what is asked of TLS; default: used where it is offered
 * @param login how to log in there; default: not at all
 * @param sender the reverse-path of whatever goes this way, bounces apart; empty: as it is
 * @param limit for all that goes this way; empty: what each destination has
 */
public record SmtpRoute(
        String domain,
        String host,
        int port,
        TlsPolicy tls,
        Optional<RouteLogin> login,
        String sender,
        Optional<DestinationLimit> limit) {
    public static final int SMTP = 25;

    /** One without a limit of its own. */
    public SmtpRoute(String domain, String host, int port, TlsPolicy tls, Optional<RouteLogin> login, String sender) {
        this(domain, host, port, tls, login, sender, Optional.empty());
    }

    public SmtpRoute(String domain, String host, int port) {
        this(domain, host, port, TlsPolicy.MAY, Optional.empty(), "");
    }

    /** How mail goes for which there is no route: to the mail exchangers. */
    public static final SmtpRoute NONE = new SmtpRoute("", "", SMTP);

    /** What reading a line came to. */
    public sealed interface Parsed {
        record Route(SmtpRoute route) implements Parsed {}

        /** @param why and what to write instead */
        record Bad(String why) implements Parsed {}
    }

    /** Reads {@code domain:host} or {@code domain:host:port}; an IPv6 address stands in brackets. */
    public static Parsed parse(String line) {
        int colon = line.startsWith("[") ? line.indexOf(':', line.indexOf(']') + 1) : line.indexOf(':');
        if (colon < 0) {
            return new Parsed.Bad("there is no colon: write domain:host or domain:host:port");
        }
        String domain = Octets.lowerCase(line.substring(0, colon));
        String rest = line.substring(colon + 1);
        String host;
        String behind;
        if (rest.startsWith("[")) {
            int end = rest.indexOf(']');
            if (end < 0) {
                return new Parsed.Bad("the bracket is not closed: write domain:[address]:port");
            }
            host = rest.substring(1, end);
            behind = rest.substring(end + 1);
        } else {
            int next = rest.indexOf(':');
            host = next < 0 ? rest : rest.substring(0, next);
            behind = next < 0 ? "" : rest.substring(next);
        }
        if (host.chars().anyMatch(c -> c <= ' ' || c == 127) || domain.chars().anyMatch(c -> c <= ' ' || c == 127)) {
            return new Parsed.Bad("there is a blank in it: write domain:host:port without blanks");
        }
        if (behind.isEmpty()) {
            return new Parsed.Route(new SmtpRoute(domain, host, SMTP));
        }
        if (!behind.startsWith(":") || behind.indexOf(':', 1) >= 0) {
            return new Parsed.Bad(
                    "there is too much behind the host: write an IPv6 address in brackets, domain:[address]:port");
        }
        String port = behind.substring(1);
        if (port.isEmpty() || port.length() > 5 || !port.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return new Parsed.Bad("the port is no number: write domain:host:port with a port of 1 to 65535");
        }
        int number = Integer.parseInt(port);
        return number < 1 || number > 65535
                ? new Parsed.Bad("there is no such port: it must be 1 to 65535")
                : new Parsed.Route(new SmtpRoute(domain, host, number));
    }
}
