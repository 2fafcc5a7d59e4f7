package org.postern.remote;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postern.config.DkimKey;
import org.postern.config.RemoteSettings;
import org.postern.config.SettingsException;
import org.postern.config.SmtpRoute;
import org.postern.dkim.Choice;
import org.postern.dkim.Signature;
import org.postern.dns.Resolver;
import org.postern.file.HintFile;
import org.postern.mail.Action;
import org.postern.mail.Deliverer;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DeliveryResult.Bounced;
import org.postern.mail.DeliveryResult.Deferred;
import org.postern.mail.DeliveryResult.Delivered;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Mailbox;
import org.postern.mail.MessageSource;

/**
 * Remote delivery: what qmail-remote does, one message for one recipient. Reports are as it prints them, each line ended
 * by a line feed.
 */
public final class RemoteDeliverer implements Deliverer {
    /** How many addresses of a domain are tried for one delivery. */
    private static final int MOST_HOSTS = 8;

    private static final Deferred NO_CONNECTION =
            new Deferred("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n");

    private static final Deferred UNREADABLE = new Deferred("Unable to read message. (#4.3.0)\n");

    private final SettingsSource settings;
    private final HopFinder finder;
    private final DeadHosts dead;
    private final @Nullable DeadHostsFile kept;
    private final Dialer dialer;
    private final RouteHealth health;
    private final KeyTroubles keys;
    private final InstantSource clock;
    private final IdleSessions idle = new IdleSessions();

    /** Where the settings come from, asked for each delivery: a changed route counts for what is queued already. */
    @FunctionalInterface
    public interface SettingsSource {
        RemoteSettings read() throws IOException, SettingsException;
    }

    /** One whose routes have no login, and which tells nobody of keys. */
    public RemoteDeliverer(
            SettingsSource settings, Resolver dns, OwnAddresses own, RandomGenerator random, InstantSource clock) {
        this(settings, dns, own, random, clock, _ -> {});
    }

    /** @param alerts told when a route's login fails or a key cannot be used, and when it works again; a line each */
    public RemoteDeliverer(
            SettingsSource settings,
            Resolver dns,
            OwnAddresses own,
            RandomGenerator random,
            InstantSource clock,
            Consumer<String> alerts) {
        this(settings, dns, own, random, clock, alerts, HttpTokenEndpoint.LIMIT, null);
    }

    /** @param tcpto keeps the hosts that did not answer over a restart ({@link TimedOut}) */
    public RemoteDeliverer(
            SettingsSource settings,
            Resolver dns,
            OwnAddresses own,
            RandomGenerator random,
            InstantSource clock,
            Consumer<String> alerts,
            HintFile tcpto) {
        this(settings, dns, own, random, clock, alerts, HttpTokenEndpoint.LIMIT, tcpto);
    }

    /** @param tokenLimit how long a token is waited for */
    RemoteDeliverer(
            SettingsSource settings,
            Resolver dns,
            OwnAddresses own,
            RandomGenerator random,
            InstantSource clock,
            Consumer<String> alerts,
            Duration tokenLimit,
            @Nullable HintFile tcpto) {
        this.settings = settings;
        this.finder = new HopFinder(dns, own, random);
        this.clock = clock;
        this.health = new RouteHealth(clock, alerts);
        this.keys = new KeyTroubles(alerts);
        TlsContexts contexts = new TlsContexts();
        Tokens tokens = new Tokens(new HttpTokenEndpoint(contexts, alerts, tokenLimit), clock);
        this.kept = tcpto == null ? null : new DeadHostsFile(tcpto, clock, alerts);
        this.dead = kept == null ? new DeadHosts(clock, () -> {}) : kept.hosts();
        this.dialer = new Dialer(dead, contexts, new SmtpLogin(tokens));
    }

    @Override
    public DeliveryResult deliver(Delivery d) {
        if (hasControl(d.recipient()) || hasControl(d.sender())) {
            // Inside a command it would end the line.
            return new Bounced("Sorry, I can't send to or from an address with control characters. (#5.1.3)\n");
        }
        RemoteSettings now;
        try {
            now = settings.read();
        } catch (IOException | SettingsException e) {
            String why = String.valueOf(e.getMessage()).replace("\n", "; ");
            return new Deferred("Unable to read control files: " + why + " (#4.3.0)\n");
        }
        String domain = Mailbox.of(d.recipient()).domain();
        SmtpRoute route = now.route(domain);
        Optional<String> resting = health.resting(route, d.asked());
        if (resting.isPresent()) {
            return new Deferred(resting.get());
        }
        Choice dkim;
        try {
            dkim = Choice.of(d.message(), d.provenance(), now.dkim());
        } catch (IOException e) {
            return UNREADABLE;
        }
        if (dkim instanceof Choice.Broken broken) {
            return keys.broken(broken);
        }
        Outgoing out = new Outgoing(
                reversePath(d.sender(), route),
                d.recipient(),
                d.message(),
                dkim,
                d.dsn(),
                d.dsnRcpt(),
                d.smtputf8(),
                d.asked());
        return switch (finder.find(domain, route, now.helohost())) {
            case NextHops.Nowhere nowhere -> nowhere.result();
            case NextHops.Hosts hops -> tryAll(hops.hosts(), out, route, now);
        };
    }

    /** What is sent: a message for one recipient, and what it is signed with. */
    private record Outgoing(
            String sender,
            String recipient,
            MessageSource message,
            Choice dkim,
            DsnMail dsn,
            DsnRcpt dsnRcpt,
            boolean smtputf8,
            Instant asked) {}

    /** A double bounce's sender is for qmail-send alone; outside it is the null path. A bounce never gets a sender. */
    private static String reversePath(String sender, SmtpRoute route) {
        return sender.isEmpty() || sender.equals("#@[]") ? "" : route.sender().isEmpty() ? sender : route.sender();
    }

    @Override
    public void forgetTimeOuts() {
        if (kept == null) {
            dead.clear();
        } else {
            kept.clear();
        }
    }

    private static boolean hasControl(String address) {
        return address.chars().anyMatch(c -> c < ' ' || c == 127);
    }

    private DeliveryResult tryAll(List<Hop> hosts, Outgoing d, SmtpRoute route, RemoteSettings now) {
        DeliveryResult last = NO_CONNECTION;
        for (Hop host : hosts.subList(0, Math.min(hosts.size(), MOST_HOSTS))) {
            IdleSessions.Key key = new IdleSessions.Key(host.address(), route, now.helohost());
            IdleSessions.Held rested = idle.take(key).orElse(null);
            DeliveryResult early = rested == null ? null : send(rested, host, d);
            if (early != null) {
                return early;
            }
            switch (dialer.dial(host, route, now, d.asked())) {
                case Dialer.Dialled.Ready ready -> {
                    if (route.login().isPresent()) {
                        health.loggedIn(route);
                    }
                    DeliveryResult result = send(new IdleSessions.Held(ready.client(), key), host, d);
                    return result == null ? died(host.shown(), false) : result;
                }
                case Dialer.Dialled.Elsewhere elsewhere ->
                    last = elsewhere.result() == null ? last : elsewhere.result();
                case Dialer.Dialled.LoginFailed failed -> {
                    health.failed(route, failed.report());
                    return new Deferred(failed.report());
                }
            }
        }
        return last;
    }

    /** Sends; null where a session that had rested was over before the message was looked at. */
    private @Nullable DeliveryResult send(IdleSessions.Held held, Hop hop, Outgoing d) {
        SmtpClient client = held.client;
        String host = hop.shown();
        idle.begins(held);
        try {
            boolean sizes = client.offers("SIZE");
            boolean eightBits = client.offers("8BITMIME");
            MessageSource message = d.message();
            MessageFacts facts = MessageFacts.of(message);
            if (facts.eightBit() && !eightBits) {
                message = SevenBit.of(message); // RFC 6152 §3
                facts = MessageFacts.of(message);
            }
            if (d.dkim() instanceof Choice.By by) {
                message = signed(message, by.key());
                facts = MessageFacts.of(message);
            }
            long limit = client.sizeLimit();
            if (limit > 0 && facts.size() > limit) {
                idle.ended(held);
                return new Bounced(host + " takes messages of at most " + limit + " octets, and this one has "
                        + facts.size() + ". (#5.3.4)\n"); // RFC 1870 §6
            }
            String parameters =
                    (sizes ? " SIZE=" + facts.size() : "") + (eightBits && facts.eightBit() ? " BODY=8BITMIME" : "");
            boolean header = d.smtputf8() && facts.eightBitHeader();
            if (header || hasEightBit(d.sender()) || hasEightBit(d.recipient())) {
                if (!client.offers("SMTPUTF8")) {
                    idle.ended(held);
                    return new Bounced(host + " does not offer SMTPUTF8, which "
                            + (header ? "the header" : "an address") + " needs. (#5.6.7)\n");
                }
                parameters += " SMTPUTF8"; // RFC 6531 §3.4
            }
            boolean dsn = client.offers("DSN");
            SmtpClient.Answer answer = client.send(
                    new SmtpClient.Path(d.sender(), parameters + (dsn ? DsnWords.ofMail(d.dsn()) : "")),
                    new SmtpClient.Path(d.recipient(), dsn ? DsnWords.ofRcpt(d.dsnRcpt()) : ""),
                    message);
            if (held.isReused() && answer.reply().code() == 421 && !client.possiblyAccepted()) {
                client.drop();
                return null;
            }
            DeliveryResult result = report(answer, host, client.tls(), d.dkim(), dsn);
            if (answer instanceof SmtpClient.Answer.Accepted) {
                idle.ended(held);
            } else {
                quit(client); // A refused message leaves a transaction open.
            }
            return result;
        } catch (WireText.Unreadable e) {
            client.drop();
            return UNREADABLE;
        } catch (IOException e) {
            client.drop();
            return held.isReused() && !client.wasAnswered() ? null : died(host, client.possiblyAccepted());
        }
    }

    private MessageSource signed(MessageSource message, DkimKey.Usable key) throws WireText.Unreadable {
        try {
            MessageSource signed = Signature.on(message, key, clock.instant());
            keys.works(key.domain());
            return signed;
        } catch (IOException e) {
            throw new WireText.Unreadable(e);
        }
    }

    private static boolean hasEightBit(String address) {
        return address.chars().anyMatch(c -> c > 127);
    }

    private static void quit(SmtpClient client) {
        try {
            client.close();
        } catch (IOException e) {
            // The message has its answer; how the connection ends changes nothing.
            client.drop();
        }
    }

    /** Ends the sessions that rest. */
    @Override
    public void close() {
        idle.close();
        if (kept != null) {
            kept.close();
        }
    }

    private static DeliveryResult report(SmtpClient.Answer answer, String host, String tls, Choice dkim, boolean dsn) {
        String said = said(answer.reply());
        return switch (answer) {
            case SmtpClient.Answer.Accepted _ ->
                new Delivered(
                        host + " accepted message.\n" + said + (tls.isEmpty() ? "" : "TLS: " + tls + "\n")
                                + shown(dkim),
                        // RFC 3461 §5.2.2: a host that does not know DSN leaves it to us to tell of it.
                        dsn ? Action.PASSED_ON : Action.RELAYED);
            case SmtpClient.Answer.SenderRejected a ->
                refused(a, "Connected to " + host + " but sender was rejected.\n" + said);
            case SmtpClient.Answer.RecipientRejected a ->
                refused(a, host + " does not like recipient.\n" + said + "Giving up on " + host + ".\n");
            case SmtpClient.Answer.DataRejected a -> refused(a, host + " failed on DATA command.\n" + said);
            case SmtpClient.Answer.MessageRejected a -> refused(a, host + " failed after I sent the message.\n" + said);
        };
    }

    private static String shown(Choice dkim) {
        return switch (dkim) {
            case Choice.By by -> "DKIM: " + by.key() + "\n";
            case Choice.Unsigned unsigned when unsigned.why().isEmpty() -> "";
            case Choice.Unsigned unsigned -> "DKIM: not signed, " + unsigned.why() + "\n";
            case Choice.Broken broken -> "DKIM: " + broken.why() + "\n";
        };
    }

    private static DeliveryResult refused(SmtpClient.Answer answer, String report) {
        return answer.reply().isPermanent() ? new Bounced(report) : new Deferred(report);
    }

    private static String said(RemoteReply reply) {
        return "Remote host said: " + reply.text();
    }

    private static DeliveryResult died(String host, boolean possiblyAccepted) {
        return new Deferred("Connected to " + host + " but connection died. "
                + (possiblyAccepted ? "Possible duplicate! " : "") + "(#4.4.2)\n");
    }
}
