package org.postern.remote;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.postern.config.SmtpRoute;
import org.postern.dns.Addresses;
import org.postern.dns.MailExchangers;
import org.postern.dns.MailExchangers.MailExchanger;
import org.postern.dns.Resolver;
import org.postern.mail.DeliveryResult.Bounced;
import org.postern.mail.DeliveryResult.Deferred;
import org.postern.os.Octets;
import org.postern.tcp.IpAddress;

/**
 * Finds the next hops of a domain: its route, or its mail exchangers by preference (RFC 5321 §5.1).
 *
 * @param random mixes what has the same preference
 */
record HopFinder(Resolver dns, OwnAddresses own, RandomGenerator random) {
    /** How many of a domain's mail exchangers are looked up. */
    private static final int MOST_EXCHANGERS = 16;

    private static final NextHops NO_EXCHANGER =
            new NextHops.Nowhere(new Bounced("Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)\n"));
    private static final NextHops DNS_TROUBLE =
            new NextHops.Nowhere(new Deferred("Sorry, I couldn't find any host by that name. (#4.1.2)\n"));
    private static final NextHops OURSELVES = new NextHops.Nowhere(new Bounced("""
            Sorry. Although I'm listed as a best-preference MX or A for that host,
            it isn't in my control/locals file, so I don't treat it as local. (#5.4.6)
            """));

    /** @param self what this host calls itself: an exchanger of that name is this one, whatever its address */
    NextHops find(String domain, SmtpRoute route, String self) {
        return route.host().isEmpty() ? exchangers(domain, self) : through(route);
    }

    /** A route's host is asked for addresses alone; our own are allowed: it may be another port. */
    private NextHops through(SmtpRoute route) {
        Optional<IpAddress> literal = IpAddress.parse(route.host());
        if (literal.isPresent()) {
            return hosts(literal.stream().toList(), route.port(), route.host());
        }
        return switch (dns.addresses(route.host())) {
            case Addresses.Found found -> hosts(found.addresses(), route.port(), route.host());
            case Addresses.NoSuchDomain _ -> noSuchHost(route.host());
            case Addresses.None _ -> NO_EXCHANGER;
            case Addresses.Temporary _ -> DNS_TROUBLE;
        };
    }

    private NextHops exchangers(String domain, String self) {
        Optional<IpAddress> literal = literal(domain);
        if (literal.isPresent()) {
            return own.isOwn(literal.get())
                    ? OURSELVES
                    : hosts(
                            literal.stream().toList(),
                            SmtpRoute.SMTP,
                            literal.get().toString());
        }
        return switch (dns.mailExchangers(domain)) {
            case MailExchangers.Found found -> byPreference(found.exchangers(), self);
            case MailExchangers.None _ -> implicit(domain, self);
            case MailExchangers.NullMx _ ->
                new NextHops.Nowhere(new Bounced("Sorry, " + safe(domain) + " does not accept mail. (#5.1.10)\n"));
            case MailExchangers.NoSuchDomain _ -> noSuchHost(domain);
            case MailExchangers.Temporary _ -> DNS_TROUBLE;
        };
    }

    /** RFC 5321 §5.1: without an MX record the domain itself, with preference 0. */
    private NextHops implicit(String domain, String self) {
        Addresses addresses = dns.addresses(domain);
        if (isSame(domain, self) || isOurs(addresses)) {
            return OURSELVES;
        }
        return switch (addresses) {
            case Addresses.Found found -> hosts(found.addresses(), SmtpRoute.SMTP, domain);
            case Addresses.NoSuchDomain _ -> noSuchHost(domain);
            case Addresses.None _ -> NO_EXCHANGER;
            case Addresses.Temporary _ -> DNS_TROUBLE;
        };
    }

    /** Names count beside addresses: behind NAT the address of our MX record is on none of our interfaces. */
    private static boolean isSame(String name, String self) {
        return Octets.lowerCase(name).equals(Octets.lowerCase(self));
    }

    private boolean isOurs(Addresses addresses) {
        return addresses instanceof Addresses.Found found
                && found.addresses().stream().anyMatch(own::isOwn);
    }

    private NextHops byPreference(List<MailExchanger> all, String self) {
        // Mixed before it is cut, so that equal ones keep their equal chance.
        List<MailExchanger> exchangers = groups(all).stream()
                .flatMap(List::stream)
                .limit(MOST_EXCHANGERS)
                .toList();
        List<Hop> hosts = new ArrayList<>();
        boolean trouble = false;
        int better = 0;
        int preference = -1;
        for (MailExchanger exchanger : exchangers) {
            if (exchanger.preference() != preference) {
                preference = exchanger.preference();
                better = hosts.size();
            }
            Addresses addresses = dns.addresses(exchanger.host());
            if (isSame(exchanger.host(), self) || isOurs(addresses)) {
                // RFC 5321 §5.1: only preferences better than our own are tried.
                return better > 0 ? new NextHops.Hosts(hosts.subList(0, better)) : trouble ? DNS_TROUBLE : OURSELVES;
            }
            switch (addresses) {
                case Addresses.Found found ->
                    found.addresses().forEach(a -> hosts.add(Hop.of(a, SmtpRoute.SMTP, exchanger.host())));
                case Addresses.Temporary _ -> trouble = true;
                case Addresses.NoSuchDomain _, Addresses.None _ -> {}
            }
        }
        if (!hosts.isEmpty()) {
            return new NextHops.Hosts(hosts);
        }
        return trouble ? DNS_TROUBLE : NO_EXCHANGER;
    }

    /** Those of one preference together, in random order. */
    private List<List<MailExchanger>> groups(List<MailExchanger> exchangers) {
        List<List<MailExchanger>> groups = new ArrayList<>();
        for (MailExchanger exchanger : exchangers) {
            if (groups.isEmpty() || groups.getLast().getFirst().preference() != exchanger.preference()) {
                groups.add(new ArrayList<>());
            }
            groups.getLast().add(exchanger);
        }
        groups.forEach(group -> Collections.shuffle(group, random));
        return groups;
    }

    private static NextHops hosts(List<IpAddress> addresses, int port, String name) {
        return new NextHops.Hosts(
                addresses.stream().map(address -> Hop.of(address, port, name)).toList());
    }

    /** RFC 5321 §4.1.3: {@code [192.0.2.1]}, {@code [IPv6:2001:db8::1]}. */
    private static Optional<IpAddress> literal(String domain) {
        if (!domain.startsWith("[") || !domain.endsWith("]")) {
            return Optional.empty();
        }
        String inside = domain.substring(1, domain.length() - 1);
        boolean v6 = Octets.upperCase(inside).startsWith("IPV6:");
        return IpAddress.parse(v6 ? inside.substring(5) : inside).filter(address -> address.isV6() == v6);
    }

    private static NextHops noSuchHost(String name) {
        return new NextHops.Nowhere(
                new Bounced("Sorry, I couldn't find any host named " + safe(name) + ". (#5.1.2)\n"));
    }

    /** qmail-remote's outsafe(). */
    private static String safe(String name) {
        StringBuilder text = new StringBuilder();
        name.chars().forEach(c -> text.append(c < 33 || c > 126 ? '?' : (char) c));
        return text.toString();
    }
}
