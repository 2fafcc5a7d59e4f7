package org.postern.gateway;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.postern.auth.Authentication;
import org.postern.auth.Proof;
import org.postern.config.Settings;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.maildir.Maildrops;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.ThreadIdentity;
import org.postern.pop3d.Authenticator.Verdict;
import org.postern.pop3d.AuthorizationSession;
import org.postern.pop3d.Capabilities;
import org.postern.pop3d.Credentials;
import org.postern.pop3d.Limits;
import org.postern.pop3d.Tls;
import org.postern.pop3d.TransactionSession;
import org.postern.relay.Allowed;
import org.postern.relay.GrantStore;
import org.postern.relay.Holder;
import org.postern.tcp.Connection;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Listener;
import org.postern.tcp.SocketWire;
import org.postern.tcp.Wire;
import org.postern.users.Account;

/** POP3 for a connection: password proved, grant written, maildrop opened, +OK. */
final class Pop3Service implements Listener.Service {
    private final Settings settings;
    private final Logins logins;
    private final Identity self;
    private final GrantStore grants;
    private final boolean loopbackGrants;
    private final Optional<TlsDoor> tls;
    private final Maildrops maildrops;
    private final Clock clock;
    private final Events events;

    Pop3Service(
            Settings settings,
            Logins logins,
            Identity self,
            GrantStore grants,
            boolean loopbackGrants,
            Optional<TlsDoor> tls,
            Clock clock,
            Events events) {
        this(settings, logins, self, grants, loopbackGrants, tls, clock, events, new Maildrops());
    }

    private Pop3Service(
            Settings settings,
            Logins logins,
            Identity self,
            GrantStore grants,
            boolean loopbackGrants,
            Optional<TlsDoor> tls,
            Clock clock,
            Events events,
            Maildrops maildrops) {
        this.settings = settings;
        this.logins = logins;
        this.self = self;
        this.grants = grants;
        this.loopbackGrants = loopbackGrants;
        this.tls = tls;
        this.clock = clock;
        this.events = events;
        this.maildrops = maildrops;
    }

    /** The same for other settings; what is remembered of maildrops goes on. */
    Pop3Service with(Settings changed, GrantStore changedGrants, Optional<TlsDoor> changedTls) {
        return new Pop3Service(
                changed, logins, self, changedGrants, loopbackGrants, changedTls, clock, events, maildrops);
    }

    @Override
    public void failed(IOException why) {
        events.tell(new Event.Trouble("pop3: unable to accept a connection: " + why.getMessage()));
    }

    @Override
    public int run(SocketChannel channel, long id) {
        boolean clear = settings.pop3d().clearPassword();
        // After a reload there may be no certificate, on a listener where nobody may log in without.
        Tls offer = tls.<Tls>map(door -> new Tls.Offered(() -> door.handshake(channel, "pop3", id), !clear))
                .orElse(clear ? new Tls.None() : new Tls.Missing());
        return run(channel, id, () -> new SocketWire(channel), offer);
    }

    /** The same for connections that are under TLS from the first octet on (RFC 8314 §3.3). */
    Listener.Service underTls(TlsDoor door) {
        return new Listener.Service() {
            @Override
            public int run(SocketChannel channel, long id) {
                return Pop3Service.this.run(channel, id, () -> door.handshake(channel, "pop3", id), new Tls.InUse());
            }

            @Override
            public void failed(IOException why) {
                Pop3Service.this.failed(why);
            }
        };
    }

    @FunctionalInterface
    private interface Opening {
        Wire wire() throws IOException;
    }

    private int run(SocketChannel channel, long id, Opening opening, Tls tlsAtFirst) {
        try (Connection connection = new Connection(opening.wire())) {
            // A message goes out in several writes: the last must not wait until the client has acknowledged the
            // others.
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            IpAddress client = IpAddress.of(((InetSocketAddress) channel.getRemoteAddress()).getAddress());
            session(connection, client, id, tlsAtFirst);
            return 0;
        } catch (IOException e) {
            // The client has gone; nothing was deleted without its QUIT.
            return 1 << 8;
        }
    }

    private void session(Connection connection, IpAddress client, long id, Tls tlsAtFirst) throws IOException {
        // RFC 1939 §7: different for each connection.
        String timestamp = "<%d.%d.%d@%s>"
                .formatted(ProcessHandle.current().pid(), id, clock.instant().getEpochSecond(), settings.me());
        AuthorizationSession authorization =
                new AuthorizationSession(connection, Limits.DEFAULT, timestamp, Capabilities.SERVE, tlsAtFirst);
        AuthorizationSession.End<Account> end =
                authorization.run(credentials -> login(credentials, timestamp, client, id));
        if (end instanceof AuthorizationSession.End.LoggedIn<Account> in) {
            transaction(connection, in.login(), id);
        }
    }

    private Verdict<Account> login(Credentials credentials, String timestamp, IpAddress client, long id) {
        Proof proof = switch (credentials) {
            case Credentials.Password password -> new Proof.Password(password.password());
            case Credentials.Digest digest -> new Proof.Apop(digest.digest(), timestamp);
        };
        return switch (logins.decide("pop3", id, credentials.user(), proof, client)) {
            case Authentication.Accepted accepted -> {
                Account account = accepted.account();
                Optional<String> obstacle = account.obstacle(self);
                if (obstacle.isPresent()) {
                    events.tell(new Event.Trouble("unable to serve a login: " + obstacle.get()));
                    yield new Verdict.Permanent<>("this account cannot be served, tell the administrator");
                }
                events.tell(new Event.LoggedIn("pop3", id, client.toString(), account.name()));
                grant(account, client, id);
                yield new Verdict.Accepted<>(account);
            }
            case Authentication.Refused _ -> new Verdict.Refused<>();
            case Authentication.Unavailable _ -> new Verdict.Temporary<>("temporary trouble, please try again later");
        };
    }

    /** A grant that cannot be written does not spoil the login; it raises an alert. */
    private void grant(Account account, IpAddress client, long id) {
        String address = client.toString();
        if (client.isLoopback() && !loopbackGrants) {
            events.tell(new Event.Note("pop3 " + id + ": no grant for loopback, since a listener is public"));
            return;
        }
        switch (grants.allow(client, Holder.ofFit(account.name(), null))) {
            case Allowed.Written written ->
                events.tell(new Event.Granted(
                        id, address, account.name(), settings.relay().expiry().toSeconds()));
            case Allowed.NotWritten not -> events.tell(new Event.GrantFailed(id, address, account.name(), not.why()));
        }
    }

    private void transaction(Connection connection, Account account, long id) throws IOException {
        TransactionSession session =
                new TransactionSession(connection, Limits.DEFAULT, Capabilities.SERVE, maildrops, clock);
        Path maildir = Octets.path(account.home()).resolve("Maildir");
        Identity theirs = account.identityOr(self);
        if (theirs.uid() == self.uid()) {
            tell(session.run(maildir, theirs.uid()), maildir, id);
            return;
        }
        try {
            tell(ThreadIdentity.as(theirs, () -> session.run(maildir, theirs.uid())), maildir, id);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private void tell(TransactionSession.End end, Path maildir, long id) {
        end.trouble(Octets.word(Octets.of(maildir)))
                .ifPresent(what -> events.tell(new Event.Trouble("pop3 " + id + ": " + what)));
    }
}
