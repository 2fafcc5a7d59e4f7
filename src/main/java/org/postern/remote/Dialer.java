package org.postern.remote;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.security.cert.CertificateException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.postern.config.RemoteSettings;
import org.postern.config.SmtpRoute;
import org.postern.config.TlsPolicy;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DeliveryResult.Deferred;

/** Opens sessions with hosts: connection, greeting, TLS, login, in this order. */
final class Dialer {
    private final DeadHosts dead;
    private final TlsContexts contexts;
    private final SmtpLogin login;

    Dialer(DeadHosts dead, TlsContexts contexts, SmtpLogin login) {
        this.dead = dead;
        this.contexts = contexts;
        this.login = login;
    }

    /** What a call came to. */
    sealed interface Dialled {
        record Ready(SmtpClient client) implements Dialled {}

        /**
         * No message can be offered: another host may take it.
         *
         * @param result what to say if none does; null where there was not even a connection
         */
        record Elsewhere(@Nullable DeliveryResult result) implements Dialled {}

        /** The host does not let us in: the route's fault, not the message's. */
        record LoginFailed(String report) implements Dialled {}
    }

    Dialled dial(Hop hop, SmtpRoute route, RemoteSettings settings) {
        if (dead.leaveAlone(hop.address())) {
            return new Dialled.Elsewhere(null);
        }
        try {
            return dial(hop, route, settings, route.tls().level() != TlsPolicy.Level.NONE);
        } catch (SmtpClient.HandshakeFailed e) {
            if (route.tls().isRequired()) {
                return new Dialled.Elsewhere(
                        new Deferred("Connected to " + hop.shown() + " but TLS failed: " + reason(e) + " (#4.7.5)\n"));
            }
        }
        try {
            return dial(hop, route, settings, false); // RFC 7435 §3: better in clear than not at all
        } catch (SmtpClient.HandshakeFailed e) {
            return new Dialled.Elsewhere(died(hop));
        }
    }

    private Dialled dial(Hop hop, SmtpRoute route, RemoteSettings settings, boolean tls)
            throws SmtpClient.HandshakeFailed {
        SocketChannel channel;
        try {
            channel = connect(hop.address(), settings.timeoutconnect());
        } catch (IOException e) {
            return new Dialled.Elsewhere(null);
        }
        Dialled dialled = null;
        try {
            dialled = converse(channel, hop, route, settings, tls);
            return dialled;
        } catch (SmtpClient.HandshakeFailed e) {
            throw e;
        } catch (IOException e) {
            return new Dialled.Elsewhere(died(hop));
        } finally {
            if (!(dialled instanceof Dialled.Ready)) {
                close(channel);
            }
        }
    }

    private Dialled converse(SocketChannel channel, Hop hop, SmtpRoute route, RemoteSettings settings, boolean tls)
            throws IOException {
        String helohost = settings.helohost();
        TlsPolicy policy = route.tls();
        SmtpClient.Opening opening = policy.implicit()
                ? SmtpClient.openTls(channel, tls(policy, hop), helohost, settings.timeoutremote())
                : SmtpClient.open(channel, helohost, settings.timeoutremote());
        if (opening instanceof SmtpClient.Opening.Ready plain && !plain.client().isEncrypted()) {
            if (tls && plain.client().offers("STARTTLS")) {
                RemoteReply go = plain.client().ask("STARTTLS"); // RFC 3207 §4
                if (go.code() == 220) {
                    opening = plain.client().helloTls(tls(policy, hop), helohost);
                } else if (policy.isRequired()) {
                    plain.client().close();
                    return new Dialled.Elsewhere(
                            new Deferred("Connected to " + hop.shown() + " but STARTTLS failed.\n" + said(go)));
                }
            } else if (policy.isRequired()) {
                plain.client().close();
                return new Dialled.Elsewhere(new Deferred("Connected to " + hop.shown()
                        + " but it does not offer STARTTLS, which its route demands. (#4.7.4)\n"));
            }
        }
        return switch (opening) {
            case SmtpClient.Opening.GreetingFailed failed ->
                new Dialled.Elsewhere(
                        new Deferred("Connected to " + hop.shown() + " but greeting failed.\n" + said(failed.reply())));
            case SmtpClient.Opening.NameRejected rejected ->
                new Dialled.Elsewhere(new Deferred(
                        "Connected to " + hop.shown() + " but my name was rejected.\n" + said(rejected.reply())));
            case SmtpClient.Opening.Ready ready -> loggedIn(ready.client(), hop, route);
        };
    }

    private Dialled loggedIn(SmtpClient client, Hop hop, SmtpRoute route) throws IOException {
        if (route.login().isEmpty()) {
            return new Dialled.Ready(client);
        }
        return switch (login.login(client, route.login().get())) {
            case SmtpLogin.Outcome.LoggedIn _ -> new Dialled.Ready(client);
            case SmtpLogin.Outcome.Failed failed -> {
                quit(client);
                yield new Dialled.LoginFailed("Connected to " + hop.shown() + " but login as "
                        + route.login().get().user() + " failed.\n" + failed.why());
            }
        };
    }

    /** Some hosts end the connection with the refusal; the refusal is what counts. */
    private static void quit(SmtpClient client) {
        try {
            client.close();
        } catch (IOException e) {
            client.drop();
        }
    }

    private SmtpClient.Tls tls(TlsPolicy policy, Hop hop) throws SmtpClient.HandshakeFailed {
        boolean checked = policy.level() == TlsPolicy.Level.VERIFY;
        String name = policy.name().isEmpty() ? hop.name() : policy.name();
        try {
            return new SmtpClient.Tls(contexts.context(policy), withoutDot(name), checked);
        } catch (IOException e) {
            throw new SmtpClient.HandshakeFailed(e);
        }
    }

    private static String withoutDot(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    private SocketChannel connect(InetSocketAddress host, Duration limit) throws IOException {
        SocketChannel channel = SocketChannel.open();
        try {
            channel.socket().connect(host, Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE));
            dead.answered(host);
            // A message goes out in several writes: the last must not wait until the host has acknowledged the others.
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
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

    /** What went wrong, the innermost word on a certificate first. */
    private static String reason(IOException e) {
        String reason = String.valueOf(e.getMessage());
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                reason = "certificate not accepted: " + cause.getMessage();
            }
        }
        return reason.replace('\n', ' ').replace("\r", "");
    }

    private static DeliveryResult died(Hop hop) {
        return new Deferred("Connected to " + hop.shown() + " but connection died. (#4.4.2)\n");
    }

    private static String said(RemoteReply reply) {
        return "Remote host said: " + reply.text();
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing more is wanted of it.
            return;
        }
    }
}
