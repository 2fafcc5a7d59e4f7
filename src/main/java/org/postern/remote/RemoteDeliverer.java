package org.postern.remote;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postern.config.RemoteSettings;
import org.postern.config.SettingsException;
import org.postern.config.SmtpRoute;
import org.postern.dns.Resolver;
import org.postern.mail.Deliverer;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DeliveryResult.Bounced;
import org.postern.mail.DeliveryResult.Deferred;
import org.postern.mail.DeliveryResult.Delivered;
import org.postern.mail.Mailbox;
import org.postern.tcp.Connection;
import org.postern.tcp.SocketWire;

/**
 * Remote delivery: what qmail-remote does, one message for one recipient. Reports are as it prints them, each line ended
 * by a line feed.
 */
public final class RemoteDeliverer implements Deliverer {
    /** How many addresses of a domain are tried for one delivery. */
    private static final int MOST_HOSTS = 8;

    private static final Deferred NO_CONNECTION =
            new Deferred("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n");

    private final SettingsSource settings;
    private final HopFinder finder;
    private final DeadHosts dead;

    /** Where the settings come from, asked for each delivery: a changed route counts for what is queued already. */
    @FunctionalInterface
    public interface SettingsSource {
        RemoteSettings read() throws IOException, SettingsException;
    }

    public RemoteDeliverer(
            SettingsSource settings, Resolver dns, OwnAddresses own, RandomGenerator random, InstantSource clock) {
        this.settings = settings;
        this.finder = new HopFinder(dns, own, random);
        this.dead = new DeadHosts(clock);
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
        Delivery out = new Delivery(d.deliveryId(), reversePath(d.sender(), route), d.recipient(), d.message());
        return switch (finder.find(domain, route)) {
            case NextHops.Nowhere nowhere -> nowhere.result();
            case NextHops.Hosts hops -> tryAll(hops.hosts(), out, now);
        };
    }

    /** A double bounce's sender is for qmail-send alone; outside it is the null path. A bounce never gets a sender. */
    private static String reversePath(String sender, SmtpRoute route) {
        return sender.isEmpty() || sender.equals("#@[]") ? "" : route.sender().isEmpty() ? sender : route.sender();
    }

    private static boolean hasControl(String address) {
        return address.chars().anyMatch(c -> c < ' ' || c == 127);
    }

    private DeliveryResult tryAll(List<Hop> hosts, Delivery d, RemoteSettings now) {
        DeliveryResult last = NO_CONNECTION;
        for (Hop host : hosts.subList(0, Math.min(hosts.size(), MOST_HOSTS))) {
            if (dead.leaveAlone(host.address())) {
                continue;
            }
            switch (attempt(host, d, now)) {
                case Attempt.Done done -> {
                    return done.result;
                }
                case Attempt.Elsewhere elsewhere -> last = elsewhere.result == null ? last : elsewhere.result;
            }
        }
        return last;
    }

    /** What a try with one host came to. */
    private sealed interface Attempt {
        record Done(DeliveryResult result) implements Attempt {}

        /**
         * The message was not offered: another host may take it.
         *
         * @param result what to say if none does; null where there was not even a connection
         */
        record Elsewhere(@Nullable DeliveryResult result) implements Attempt {}
    }

    private Attempt attempt(Hop host, Delivery d, RemoteSettings now) {
        String name = host.shown();
        try (SocketChannel channel = connect(host.address(), now.timeoutconnect())) {
            Connection connection = new Connection(new SocketWire(channel));
            SmtpClient.Opening opening;
            try {
                opening = SmtpClient.open(connection, now.helohost(), now.timeoutremote());
            } catch (IOException e) {
                return new Attempt.Elsewhere(died(name, false));
            }
            return switch (opening) {
                case SmtpClient.Opening.GreetingFailed failed ->
                    new Attempt.Elsewhere(
                            new Deferred("Connected to " + name + " but greeting failed.\n" + said(failed.reply())));
                case SmtpClient.Opening.NameRejected rejected ->
                    new Attempt.Elsewhere(new Deferred(
                            "Connected to " + name + " but my name was rejected.\n" + said(rejected.reply())));
                case SmtpClient.Opening.Ready ready -> new Attempt.Done(send(ready.client(), name, d));
            };
        } catch (IOException e) {
            return new Attempt.Elsewhere(null);
        }
    }

    private SocketChannel connect(InetSocketAddress host, Duration limit) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.socket().connect(host, Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE));
            dead.answered(host);
            return channel;
        } catch (IOException e) {
            channel.close();
            if (e instanceof SocketTimeoutException || isTimeOut(e)) {
                dead.timedOut(host);
            } else {
                dead.answered(host);
            }
            throw e;
        }
    }

    /** ETIMEDOUT, where the system gave up first. */
    private static boolean isTimeOut(IOException e) {
        return e instanceof ConnectException && String.valueOf(e.getMessage()).contains("timed out");
    }

    private static DeliveryResult send(SmtpClient client, String host, Delivery d) {
        SmtpClient.Answer answer;
        try {
            answer = client.send(d.sender(), d.recipient(), d.message());
        } catch (WireText.Unreadable e) {
            return new Deferred("Unable to read message. (#4.3.0)\n");
        } catch (IOException e) {
            return died(host, client.possiblyAccepted());
        }
        try {
            client.close();
        } catch (IOException e) {
            // The message has its answer; how the connection ends changes nothing.
            return report(answer, host);
        }
        return report(answer, host);
    }

    private static DeliveryResult report(SmtpClient.Answer answer, String host) {
        String said = said(answer.reply());
        return switch (answer) {
            case SmtpClient.Answer.Accepted _ -> new Delivered(host + " accepted message.\n" + said);
            case SmtpClient.Answer.SenderRejected a ->
                refused(a, "Connected to " + host + " but sender was rejected.\n" + said);
            case SmtpClient.Answer.RecipientRejected a ->
                refused(a, host + " does not like recipient.\n" + said + "Giving up on " + host + ".\n");
            case SmtpClient.Answer.DataRejected a -> refused(a, host + " failed on DATA command.\n" + said);
            case SmtpClient.Answer.MessageRejected a -> refused(a, host + " failed after I sent the message.\n" + said);
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
