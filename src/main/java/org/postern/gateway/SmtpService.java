package org.postern.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import org.postern.config.RcptHosts;
import org.postern.config.Settings;
import org.postern.config.SmtpdSettings;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.queue.Intake;
import org.postern.relay.GrantStore;
import org.postern.relay.Verdict;
import org.postern.smtpd.LocalIpHost;
import org.postern.smtpd.LocalUsers;
import org.postern.smtpd.Manners;
import org.postern.smtpd.Peer;
import org.postern.smtpd.Relaying;
import org.postern.smtpd.ServePolicy;
import org.postern.smtpd.Session;
import org.postern.smtpd.Site;
import org.postern.smtpd.SmtpdEvent;
import org.postern.smtpd.Tls;
import org.postern.tcp.Connection;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Listener;
import org.postern.tcp.SocketWire;
import org.postern.tcp.TlsWire;
import org.postern.tcp.Wire;

/** SMTP for a connection. Whether it may relay is asked at the first foreign recipient of each transaction. */
final class SmtpService implements Listener.Service {
    /** RFC 5321 §4.5.3.2.7. */
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    /** The wait(2) status of a session whose client has gone; what was not answered 250 is not queued. */
    private static final int GONE = 1 << 8;

    private final Site site;
    private final GrantStore grants;
    private final boolean loopbackGrants;
    private final LocalUsers users;
    private final Optional<TlsDoor> tls;
    private final String remedy;
    private final Events events;

    SmtpService(
            Settings settings,
            Intake intake,
            GrantStore grants,
            boolean loopbackGrants,
            LocalUsers users,
            Optional<TlsDoor> tls,
            InstantSource clock,
            Events events) {
        SmtpdSettings base =
                SmtpdSettings.of(settings.me(), RcptHosts.of(settings.smtpd().rcpthosts()));
        SmtpdSettings smtpd = new SmtpdSettings(
                base.smtpgreeting(),
                base.localiphost(),
                base.rcpthosts(),
                base.badmailfrom(),
                settings.smtpd().databytes(),
                TIMEOUT,
                base.maxcommand(),
                base.maxline(),
                base.maxrecipients(),
                base.maxbadcommands(),
                settings.smtpd().dsn());
        this.site = new Site(
                smtpd, Manners.serve(), new LocalIpHost(smtpd.localiphost(), SmtpService::isMine), intake, clock);
        this.grants = grants;
        this.loopbackGrants = loopbackGrants;
        this.users = users;
        this.tls = tls;
        this.remedy = "relaying denied: log in by POP3 on this host first, then send within "
                + minutes(settings.relay().expiry());
        this.events = events;
    }

    private static String minutes(Duration expiry) {
        long seconds = expiry.toSeconds();
        return seconds % 60 == 0 ? seconds / 60 + " minutes" : seconds + " seconds";
    }

    private static boolean isMine(IpAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address.inet()) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    @Override
    public void failed(IOException why) {
        events.tell(new Event.Trouble("smtp: unable to accept a connection: " + why.getMessage()));
    }

    @Override
    public int run(SocketChannel channel, long id) {
        Tls offer = tls.<Tls>map(door -> new Tls.Offered(() -> door.handshake(channel, "smtp", id)))
                .orElse(new Tls.None());
        try {
            return run(channel, id, new SocketWire(channel), offer);
        } catch (IOException e) {
            return GONE;
        }
    }

    /** The same for connections that are under TLS from the first octet on (RFC 8314 §3.3). */
    Listener.Service underTls(TlsDoor door) {
        return new Listener.Service() {
            @Override
            public int run(SocketChannel channel, long id) {
                try {
                    TlsWire wire = door.handshake(channel, "smtp", id);
                    return SmtpService.this.run(channel, id, wire, new Tls.InUse(wire.description()));
                } catch (IOException e) {
                    return GONE;
                }
            }

            @Override
            public void failed(IOException why) {
                SmtpService.this.failed(why);
            }
        };
    }

    private int run(SocketChannel channel, long id, Wire wire, Tls tlsAtFirst) throws IOException {
        try (Connection connection = new Connection(wire)) {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            IpAddress client = IpAddress.of(((InetSocketAddress) channel.getRemoteAddress()).getAddress());
            IpAddress local = IpAddress.of(((InetSocketAddress) channel.getLocalAddress()).getAddress());
            Peer peer = new Peer(client.toString(), Peer.UNKNOWN, Optional.empty(), local.toString());
            Consumer<SmtpdEvent> told = event -> {
                // A refused relay was told with its reason already.
                if (!(event instanceof SmtpdEvent.RecipientRefused r
                        && r.reply().lines().contains(remedy))) {
                    tell(event, client.toString(), id);
                }
            };
            Relaying relaying = (sender, recipient) -> mayRelay(client, sender, recipient, id);
            new Session(
                            site,
                            connection,
                            peer,
                            tlsAtFirst,
                            new ServePolicy(site.settings(), relaying, users, told),
                            told)
                    .run();
            return 0;
        }
    }

    private Relaying.Answer mayRelay(IpAddress client, String sender, String recipient, long id) {
        if (client.isLoopback() && !loopbackGrants) {
            events.tell(new Event.RelayRefused(
                    id,
                    client.toString(),
                    sender,
                    recipient,
                    "no grant counts for loopback, since a listener is public"));
            return new Relaying.Answer.No(remedy);
        }
        return switch (grants.check(client)) {
            case Verdict.Granted granted -> new Relaying.Answer.Yes();
            // design.md: a grant that cannot be read is no "no".
            case Verdict.NotGranted(Verdict.Why.Unreadable why) -> unknown(client, why.text());
            case Verdict.NotGranted not -> {
                events.tell(new Event.RelayRefused(
                        id, client.toString(), sender, recipient, not.why().text()));
                yield new Relaying.Answer.No(remedy);
            }
            case Verdict.Unavailable unavailable -> unknown(client, unavailable.reason());
        };
    }

    private Relaying.Answer unknown(IpAddress client, String why) {
        events.tell(new Event.Trouble("unable to look up the grant of " + client + ": " + why));
        return new Relaying.Answer.Unknown();
    }

    private void tell(SmtpdEvent event, String address, long id) {
        events.tell(
                switch (event) {
                    case SmtpdEvent.RecipientRefused r ->
                        new Event.RecipientRefused(
                                id,
                                address,
                                r.reversePath(),
                                r.forwardPath(),
                                site.manners().text(r.reply()).strip());
                    case SmtpdEvent.MessageRefused r ->
                        new Event.MessageRefused(
                                id,
                                address,
                                r.envelope().sender(),
                                site.manners().text(r.reply()).strip());
                    case SmtpdEvent.MessageQueued q ->
                        new Event.Accepted(
                                id,
                                address,
                                q.envelope().sender(),
                                q.envelope().recipients().size(),
                                q.id(),
                                q.octets());
                    case SmtpdEvent.Trouble t ->
                        new Event.Trouble(t.what() + ": " + t.why().getMessage());
                });
    }
}
