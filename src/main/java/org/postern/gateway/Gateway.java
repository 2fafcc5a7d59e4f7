package org.postern.gateway;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.postern.auth.Authenticator;
import org.postern.auth.PasswordCheck;
import org.postern.chain.Log;
import org.postern.config.HostPort;
import org.postern.config.Settings;
import org.postern.control.ControlServer;
import org.postern.control.Handler;
import org.postern.control.QueueAnswers;
import org.postern.control.Request;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.file.Disk;
import org.postern.os.Crypt;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.os.Threads;
import org.postern.queue.Origin;
import org.postern.queue.Queue;
import org.postern.queue.QueueDirectory;
import org.postern.queue.SubmissionServer;
import org.postern.queue.Submitters;
import org.postern.relay.Aged;
import org.postern.relay.DirectoryStore;
import org.postern.relay.GrantStore;
import org.postern.relay.Spool;
import org.postern.send.Sender;
import org.postern.send.SenderClock;
import org.postern.tcp.AddressCounts;
import org.postern.tcp.Listener;
import org.postern.users.PasswdFile;

/**
 * {@code postern serve}: the parts in one process. Made from the settings in this order: state directory, grants, accounts,
 * queue, delivery, listeners; closed in the opposite one.
 */
public final class Gateway implements Closeable {
    private static final int BACKLOG = 1024;
    private static final int SESSIONS = 1000;
    /** Of one protocol: nobody can have all of them. */
    private static final int SESSIONS_OF_AN_ADDRESS = 100;

    private static final Duration AGEING_EVERY = Duration.ofSeconds(60);
    private static final Duration SEND_DRAIN_LIMIT = Duration.ofSeconds(30);

    private final Events events;
    private final Queue queue;
    private final SubmissionServer submissions;
    private final Delivery delivery;
    private final Sender sender;
    private final Closeable control;
    private final Thread sending;
    private final Thread ageing;
    private final List<Listener> listeners;
    private final Optional<TlsDoor> tls;
    private final List<Bound> bound;

    private Gateway(
            Events events,
            Queue queue,
            SubmissionServer submissions,
            Delivery delivery,
            Sender sender,
            Closeable control,
            Thread sending,
            Thread ageing,
            Optional<TlsDoor> tls,
            Bound... bound) {
        this.events = events;
        this.queue = queue;
        this.submissions = submissions;
        this.delivery = delivery;
        this.sender = sender;
        this.control = control;
        this.sending = sending;
        this.ageing = ageing;
        this.tls = tls;
        this.bound = List.of(bound);
        this.listeners =
                this.bound.stream().flatMap(each -> each.listeners.stream()).toList();
    }

    /** Listeners of one server, and where they came to listen. */
    private record Bound(String protocol, List<Listener> listeners, List<HostPort> addresses) {}

    /**
     * Starts everything; when it returns, clients are served.
     *
     * @param self whose rights this process has
     * @param loopbackGrants whether a login from loopback gives loopback the right to relay: only where no listener is
     *     public, since with webmail on the host it would open the relay for everybody
     * @throws IOException with what cannot be opened or is unsafe, why, and the remedy
     */
    public static Gateway start(Settings settings, Identity self, boolean loopbackGrants, Events events)
            throws IOException {
        Path home = settings.home();
        Files.createDirectories(home);
        if ((mode(home) & 0002) != 0) {
            throw new IOException("home: everyone may write to " + home + ", so anyone could put grants and mail there:"
                    + " chmod o-w " + home);
        }
        GrantStore grants = grants(settings, self);
        PasswdFile accounts = new PasswdFile(settings.users().file(), new Nss());
        try {
            accounts.demandReadable(line -> events.tell(new Event.Note(line)));
        } catch (IOException e) {
            throw new IOException("users.file: " + e.getMessage(), e);
        }
        Authenticator authenticator = new Authenticator(accounts, new PasswordCheck(new Crypt()), self);
        SenderClock clock = SenderClock.system();
        Queue queue = switch (Queue.open(
                new QueueDirectory(home.resolve("queue")),
                Disk.real(),
                clock.time(),
                Submitters.none(),
                line -> events.tell(new Event.Note(line)))) {
            case Queue.Opening.Ready ready -> ready.queue();
            case Queue.Opening.InUse used ->
                throw new IOException("the queue in " + home + " is in use"
                        + used.pid().map(pid -> " by process " + pid).orElse("")
                        + ": stop that one, or give another home");
        };
        List<Listener> opened = new ArrayList<>();
        try {
            Delivery delivery = new Delivery(settings, self, accounts, queue, events);
            Sender sender = delivery.sender(clock, SEND_DRAIN_LIMIT);
            Optional<TlsDoor> tls =
                    settings.tls().isEmpty() ? Optional.empty() : Optional.of(new TlsDoor(settings.tls(), events));
            delivery.warnOfPostmaster(settings);
            tellName(queue.directory(), settings.me(), events);
            warnOfLocalPrograms(queue.directory(), home, events);
            AtomicLong serial = new AtomicLong();
            Bound pop3d = bind("pop3", settings.pop3d().listen().clear(), serial, opened);
            Bound pop3s = bind("pop3s", settings.pop3d().listen().tls(), serial, opened);
            Bound smtpd = bind("smtp", settings.smtpd().listen().clear(), serial, opened);
            Bound smtps = bind("smtps", settings.smtpd().listen().tls(), serial, opened);
            Pop3Service pop3 = new Pop3Service(
                    settings, authenticator, self, grants, loopbackGrants, tls, Clock.systemUTC(), events);
            SmtpService smtp = new SmtpService(
                    settings,
                    queue.intake(Origin.NETWORK),
                    grants,
                    loopbackGrants,
                    delivery::isLocal,
                    tls,
                    InstantSource.system(),
                    events);
            // All that can fail has been made: from here on it runs.
            SubmissionServer submissions = SubmissionServer.start(queue, line -> events.tell(new Event.Note(line)));
            Thread sending = Thread.ofPlatform().name("send").start(() -> send(sender, events));
            Closeable control = control(queue, sender, clock, events);
            Thread ageing = Threads.start("age", () -> age(grants, tls, events));
            Gateway gateway = new Gateway(
                    events,
                    queue,
                    submissions,
                    delivery,
                    sender,
                    control,
                    sending,
                    ageing,
                    tls,
                    pop3d,
                    pop3s,
                    smtpd,
                    smtps);
            AddressCounts ofPop3 = new AddressCounts();
            AddressCounts ofSmtp = new AddressCounts();
            tls.ifPresent(door -> {
                gateway.serve(pop3s, ofPop3, pop3.underTls(door), "");
                gateway.serve(smtps, ofSmtp, smtp.underTls(door), "");
            });
            gateway.serve(pop3d, ofPop3, pop3, "-ERR [SYS/TEMP] too many connections from your address\r\n");
            gateway.serve(smtpd, ofSmtp, smtp, "421 4.7.0 too many connections from your address\r\n");
            return gateway;
        } catch (Throwable e) {
            for (Listener listener : opened) {
                listener.close();
            }
            queue.close();
            throw e;
        }
    }

    private static Closeable control(Queue queue, Sender sender, SenderClock clock, Events events) {
        Log log = line -> events.tell(new Event.Note(line));
        QueueAnswers answers = QueueAnswers.of(sender, clock.time(), log);
        Handler handler = (request, answer) -> switch (request) {
            case Request.OfQueue q -> answers.answer(q, answer);
        };
        return ControlServer.startOrWarn(queue.directory().root(), handler, log);
    }

    /** Whoever can write to the spool can let anybody relay: it is ours, and for us alone. */
    private static GrantStore grants(Settings settings, Identity self) throws IOException {
        Path spool = settings.home().resolve("relay");
        if (!Files.exists(spool, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(
                    spool, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        boolean ours = Files.isDirectory(spool, LinkOption.NOFOLLOW_LINKS)
                && Files.getAttribute(spool, "unix:uid").equals(self.uid());
        if (!ours || (mode(spool) & 0022) != 0) {
            throw new IOException(
                    "home: others may write to " + spool + ", so they could let anybody relay: it must be a"
                            + " directory of user " + self.uid() + " with mode 700; chown and chmod it, or remove it");
        }
        return new DirectoryStore(
                Spool.at(spool),
                DirectoryStore.Settings.expiringAfter(settings.relay().expiry()),
                InstantSource.system());
    }

    /** A full disk must not keep mail from being served: the name is there since the first start. */
    private static void tellName(QueueDirectory queue, String me, Events events) {
        try {
            queue.me(me);
        } catch (IOException e) {
            events.tell(new Event.Note("warning: unable to write " + queue.root() + "/me: " + Errno.djbText(e)
                    + "; local programs without control/me do not know the host's name"));
        }
    }

    /** Programs that look for a queue look in the qmail directory first, and then in serve's usual home. */
    private static void warnOfLocalPrograms(QueueDirectory ours, Path home, Events events) throws IOException {
        if (!ours.equals(QueueDirectory.OF_SERVE)) {
            return;
        }
        QueueDirectory qmails = QueueDirectory.underQmail(Path.of("/var/qmail"));
        if (qmails.exists() && !Files.isSameFile(qmails.root(), ours.root())) {
            events.tell(new Event.Note("warning: local programs put their mail into " + qmails.root()
                    + ", not into this queue: deliver what is in it by qmail-send, then remove it"));
        } else if ((mode(home) & 0001) == 0) {
            events.tell(new Event.Note("warning: local programs cannot reach the queue: chmod a+x " + home));
        }
    }

    private static int mode(Path file) throws IOException {
        return (Integer) Files.getAttribute(file, "unix:mode");
    }

    private static Bound bind(String protocol, List<HostPort> addresses, AtomicLong serial, List<Listener> opened)
            throws IOException {
        List<Listener> listeners = new ArrayList<>();
        List<HostPort> bound = new ArrayList<>();
        for (HostPort address : addresses) {
            try {
                Listener listener = Listener.open(address.socketAddress(), BACKLOG, SESSIONS, serial);
                opened.add(listener);
                listeners.add(listener);
                bound.add(new HostPort(address.address(), listener.address().getPort()));
            } catch (IOException e) {
                throw new IOException("unable to listen on " + address + ": " + e.getMessage(), e);
            }
        }
        return new Bound(protocol, listeners, bound);
    }

    private void serve(Bound bound, AddressCounts counts, Listener.Service service, String refusal) {
        Listener.Service limited =
                new Crowded(service, counts, SESSIONS_OF_AN_ADDRESS, refusal, bound.protocol, events);
        for (int i = 0; i < bound.listeners.size(); i++) {
            Listener listener = bound.listeners.get(i);
            events.tell(
                    new Event.Listening(bound.protocol, bound.addresses.get(i).toString()));
            Thread.ofPlatform().name(bound.protocol + "-accept").start(() -> accept(listener, limited));
        }
    }

    private static void accept(Listener listener, Listener.Service service) {
        try {
            listener.serve(service);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(Sender sender, Events events) {
        try {
            sender.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            events.tell(new Event.Trouble("delivery has stopped, restart Postern: " + e));
            throw e;
        }
    }

    /** What has to be looked at every minute. */
    private static void age(GrantStore grants, Optional<TlsDoor> tls, Events events) {
        try {
            while (true) {
                Thread.sleep(AGEING_EVERY);
                tls.ifPresent(TlsDoor::look);
                try {
                    Aged aged = grants.age();
                    if (aged.trouble() != null) {
                        events.tell(new Event.Trouble(
                                "unable to remove " + aged.stuck() + " expired grants: " + aged.trouble()));
                    }
                } catch (IOException e) {
                    events.tell(new Event.Trouble("unable to remove expired grants: " + e.getMessage()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Where POP3 is served, the ports as they came to be. */
    public List<HostPort> pop3d() {
        return addresses("pop3");
    }

    /** Where SMTP is served, the ports as they came to be. */
    public List<HostPort> smtpd() {
        return addresses("smtp");
    }

    private List<HostPort> addresses(String protocol) {
        return bound.stream()
                .filter(each -> each.protocol.equals(protocol))
                .flatMap(each -> each.addresses.stream())
                .toList();
    }

    /** Takes the routes from settings that were read anew: they count for what is queued as well, which is tried now. */
    public void reroute(Settings changed) {
        delivery.routes(changed);
        tls.ifPresent(TlsDoor::look);
        events.tell(new Event.Note(
                "routes: read anew, " + changed.send().smtproutes().size() + " of them"));
        sender.retryAll();
    }

    /**
     * No new sessions; those under way finish.
     *
     * @return false where some were cut after the limit
     */
    public boolean drain(Duration limit) throws InterruptedException, IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        for (Listener listener : listeners) {
            listener.close();
        }
        boolean all = true;
        for (Listener listener : listeners) {
            all &= listener.awaitSessions(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        }
        return all;
    }

    /** Ends it: sessions left are cut, deliveries under way finish within their limit; what is queued stays queued. */
    @Override
    public void close() throws IOException {
        for (Listener listener : listeners) {
            listener.close();
            listener.cut();
        }
        ageing.interrupt();
        // First: who asks a sender that has ended would be told that it was done.
        control.close();
        sender.terminate();
        try {
            sending.join(SEND_DRAIN_LIMIT.plusSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        submissions.close();
        delivery.close();
        queue.close();
    }

    /** Whether any listener is reachable from other machines. */
    public static boolean isPublic(Settings settings) {
        List<HostPort> all = new ArrayList<>(settings.pop3d().listen().all());
        all.addAll(settings.smtpd().listen().all());
        Optional<HostPort> open =
                all.stream().filter(a -> !a.address().isLoopback()).findFirst();
        return open.isPresent();
    }
}
