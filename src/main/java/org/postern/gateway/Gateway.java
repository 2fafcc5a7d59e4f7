package org.postern.gateway;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.postern.chain.Log;
import org.postern.config.HostPort;
import org.postern.config.PosternToml;
import org.postern.config.Settings;
import org.postern.config.SettingsException;
import org.postern.control.Answer;
import org.postern.control.ControlServer;
import org.postern.control.Handler;
import org.postern.control.QueueAnswers;
import org.postern.control.Request;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.file.Disk;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.Threads;
import org.postern.queue.Queue;
import org.postern.queue.QueueDirectory;
import org.postern.queue.SubmissionServer;
import org.postern.queue.Submitters;
import org.postern.relay.Aged;
import org.postern.relay.Spool;
import org.postern.send.Sender;
import org.postern.send.SenderClock;
import org.postern.tcp.AddressCounts;
import org.postern.tcp.Listener;

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
    private static final int BAD_SETTINGS = 100;
    private static final Duration SEND_DRAIN_LIMIT = Duration.ofSeconds(30);

    private final Events events;
    private final Queue queue;
    private final SubmissionServer submissions;
    private final Delivery delivery;
    private final Sender sender;
    private final Sessions sessions;
    private final Reload.Source source;
    private final PosternToml started;
    private final Closeable control;
    private final Thread sending;
    private final Thread ageing;
    private final List<Listener> listeners;
    private final List<Bound> bound;
    private final AddressCounts ofPop3 = new AddressCounts();
    private final AddressCounts ofSmtp = new AddressCounts();
    private PosternToml now;

    private Gateway(
            Events events,
            Queue queue,
            SubmissionServer submissions,
            Delivery delivery,
            Sender sender,
            Sessions sessions,
            Reload.Source source,
            PosternToml started,
            Thread sending,
            Thread ageing,
            List<Bound> bound) {
        this.events = events;
        this.queue = queue;
        this.submissions = submissions;
        this.delivery = delivery;
        this.sender = sender;
        this.sessions = sessions;
        this.source = source;
        this.started = started;
        now = started;
        control = control();
        this.sending = sending;
        this.ageing = ageing;
        this.bound = List.copyOf(bound);
        this.listeners =
                this.bound.stream().flatMap(each -> each.listeners.stream()).toList();
    }

    /** Listeners of one server, and where they came to listen. */
    private record Bound(String protocol, List<Listener> listeners, List<HostPort> addresses) {}

    /**
     * Starts everything; when it returns, clients are served.
     *
     * @param source where {@link #reload} finds the settings again
     * @param self whose rights this process has
     * @param loopbackGrants whether a login from loopback gives loopback the right to relay: only where no listener is
     *     public, since with webmail on the host it would open the relay for everybody
     * @throws IOException with what cannot be opened or is unsafe, why, and the remedy
     */
    public static Gateway start(
            PosternToml toml, Reload.Source source, Identity self, boolean loopbackGrants, Events events)
            throws IOException {
        List<Listener> opened = new ArrayList<>();
        try {
            AtomicLong serial = new AtomicLong();
            // Low ports are root's to bind. Otherwise a queue in use is told before a port that is.
            List<Bound> early =
                    Privileges.areGivenUp(toml.settings(), self) ? bind(toml.settings(), serial, opened) : List.of();
            Identity own = Privileges.giveUp(toml.settings(), self);
            return start(toml, source, own, loopbackGrants, events, early, serial, opened);
        } catch (Throwable e) {
            for (Listener listener : opened) {
                listener.close();
            }
            throw e;
        }
    }

    private static Gateway start(
            PosternToml toml,
            Reload.Source source,
            Identity self,
            boolean loopbackGrants,
            Events events,
            List<Bound> early,
            AtomicLong serial,
            List<Listener> opened)
            throws IOException {
        Settings settings = toml.settings();
        Path home = settings.home();
        Files.createDirectories(home);
        if ((mode(home) & 0002) != 0) {
            throw new IOException("home: everyone may write to " + home + ", so anyone could put grants and mail there:"
                    + " chmod o-w " + home);
        }
        Spool spool = spool(home, self);
        CurrentAccounts accounts =
                new CurrentAccounts(settings.users().file(), line -> events.tell(new Event.Note(line)));
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
        try {
            Delivery delivery = new Delivery(settings, self, accounts, queue, events);
            Sender sender = delivery.sender(clock, SEND_DRAIN_LIMIT);
            Sessions sessions = new Sessions(settings, self, accounts, spool, queue, delivery, loopbackGrants, events);
            delivery.warnOfPostmaster(settings);
            tellName(queue.directory(), settings.me(), events);
            warnOfLocalPrograms(queue.directory(), home, events);
            List<Bound> bound = early.isEmpty() ? bind(settings, serial, opened) : early;
            // All that can fail has been made: from here on it runs.
            SubmissionServer socket = SubmissionServer.start(queue, line -> events.tell(new Event.Note(line)));
            Thread sending = Thread.ofPlatform().name("send").start(() -> send(sender, events));
            Thread ageing = Threads.start("age", () -> age(sessions, events));
            Gateway gateway = new Gateway(
                    events, queue, socket, delivery, sender, sessions, source, toml, sending, ageing, bound);
            bound.forEach(each -> gateway.serve(each, sessions.service(each.protocol)));
            return gateway;
        } catch (Throwable e) {
            queue.close();
            throw e;
        }
    }

    private Closeable control() {
        Log log = line -> events.tell(new Event.Note(line));
        QueueAnswers answers = QueueAnswers.of(sender, SenderClock.system().time(), log);
        Handler handler = (request, answer) -> switch (request) {
            case Request.OfQueue q -> answers.answer(q, answer);
            case Request.Reload _ -> answer(reload(), answer);
        };
        return ControlServer.startOrWarn(queue.directory().root(), handler, log);
    }

    private static int answer(Reload reload, Answer answer) throws IOException {
        switch (reload) {
            case Reload.Taken taken -> {
                for (String line : taken.lines()) {
                    answer.out().write(Octets.bytes(line + "\n"));
                }
                return 0;
            }
            case Reload.Refused refused -> {
                for (String problem : refused.problems()) {
                    answer.error(problem);
                }
                answer.error("the settings stay as they were");
                return BAD_SETTINGS;
            }
        }
    }

    /** Whoever can write to the spool can let anybody relay: it is ours, and for us alone. */
    private static Spool spool(Path home, Identity self) throws IOException {
        Path spool = home.resolve("relay");
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
        return Spool.at(spool);
    }

    /** A full disk must not keep mail from being served: the name is there since the first start. */
    static void tellName(QueueDirectory queue, String me, Events events) {
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

    private static List<Bound> bind(Settings settings, AtomicLong serial, List<Listener> opened) throws IOException {
        return List.of(
                bind("pop3s", settings.pop3d().listen().tls(), serial, opened),
                bind("smtps", settings.smtpd().listen().tls(), serial, opened),
                bind("submissions", settings.submission().listen().tls(), serial, opened),
                bind("pop3", settings.pop3d().listen().clear(), serial, opened),
                bind("submission", settings.submission().listen().clear(), serial, opened),
                bind("smtp", settings.smtpd().listen().clear(), serial, opened));
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

    private void serve(Bound bound, Listener.Service service) {
        AddressCounts counts = bound.protocol.startsWith("pop3") ? ofPop3 : ofSmtp;
        Listener.Service limited =
                new Crowded(service, counts, SESSIONS_OF_AN_ADDRESS, tooMany(bound.protocol), bound.protocol, events);
        for (int i = 0; i < bound.listeners.size(); i++) {
            Listener listener = bound.listeners.get(i);
            events.tell(
                    new Event.Listening(bound.protocol, bound.addresses.get(i).toString()));
            Thread.ofPlatform().name(bound.protocol + "-accept").start(() -> accept(listener, limited));
        }
    }

    /** What one connection too many of an address is told; under TLS nothing. */
    private static String tooMany(String protocol) {
        return switch (protocol) {
            case "pop3" -> "-ERR [SYS/TEMP] too many connections from your address\r\n";
            case "smtp", "submission" -> "421 4.7.0 too many connections from your address\r\n";
            default -> "";
        };
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
    private static void age(Sessions sessions, Events events) {
        try {
            while (true) {
                Thread.sleep(AGEING_EVERY);
                sessions.lookAtCertificates();
                try {
                    Aged aged = sessions.grants().age();
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

    /**
     * Reads the settings anew. They count for new connections and for what is queued, which is tried now; sessions go on as
     * they began. Where something is wrong all stays as it was.
     */
    public synchronized Reload reload() {
        try {
            PosternToml file = source.read();
            sessions.take(file.settings());
            delivery.take(file.settings(), sender);
            Reload.Taken taken = Reload.between(started, now, file);
            now = file;
            events.tell(new Event.Note(
                    "routes: read anew, " + file.settings().send().smtproutes().size() + " of them"));
            taken.lines().forEach(line -> events.tell(new Event.Note("reload: " + line)));
            return taken;
        } catch (SettingsException e) {
            return refused(Reload.refused(e));
        } catch (IOException e) {
            return refused(new Reload.Refused(List.of(String.valueOf(e.getMessage()))));
        }
    }

    private Reload refused(Reload.Refused refused) {
        refused.problems().forEach(problem -> events.tell(new Event.Trouble("settings not changed: " + problem)));
        return refused;
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
        all.addAll(settings.submission().listen().all());
        Optional<HostPort> open =
                all.stream().filter(a -> !a.address().isLoopback()).findFirst();
        return open.isPresent();
    }
}
