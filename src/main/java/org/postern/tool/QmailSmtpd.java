package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.postern.chain.Env;
import org.postern.chain.Log;
import org.postern.chain.Tool;
import org.postern.config.QmailControl;
import org.postern.config.SmtpdSettings;
import org.postern.file.Remembered;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.queue.ForeignQueue;
import org.postern.queue.Intake;
import org.postern.queue.QueueDirectory;
import org.postern.smtpd.End;
import org.postern.smtpd.LocalIpHost;
import org.postern.smtpd.LocalUsers;
import org.postern.smtpd.Manners;
import org.postern.smtpd.Peer;
import org.postern.smtpd.QmailPolicy;
import org.postern.smtpd.Reply;
import org.postern.smtpd.Session;
import org.postern.smtpd.Site;
import org.postern.smtpd.SmtpdEvent;
import org.postern.tcp.IpAddress;

/**
 * Usage: {@code qmail-smtpd}, under tcpserver. Receives mail by SMTP on descriptors 0 and 1 and gives it to the queue.
 * Settings: /var/qmail/control (another home: QMAILHOME). RELAYCLIENT set: any recipient is accepted, and its value
 * added to each. QMAILQUEUE: the program that takes the messages.
 */
public final class QmailSmtpd implements Tool {
    private static final int MOST_KEPT = 64;

    /** The settings of each control directory in use, for the sessions to come. */
    private final ConcurrentMap<Controls, Remembered<SmtpdSettings>> controls = new ConcurrentHashMap<>();

    private final Queues queues;
    private final Users users;
    private final InstantSource clock;

    /** The way into a queue of ours. */
    @FunctionalInterface
    public interface Queues {
        Intake of(QueueDirectory queue);
    }

    /** The users of an installation. */
    @FunctionalInterface
    public interface Users {
        /** By the rules of delivery, as far as a process like the one called may read them. */
        LocalUsers of(Invocation call);
    }

    /**
     * @param queues where messages go unless QMAILQUEUE says otherwise
     * @param users who has a mailbox here; only such a one may have %, ! or @ in its local part
     */
    public QmailSmtpd(Queues queues, Users users, InstantSource clock) {
        this.queues = queues;
        this.users = users;
        this.clock = clock;
    }

    @Override
    public Exit run(Invocation call) {
        Env env = call.env();
        Log log = call.fds().log();
        Path home = QmailHome.of(call);
        Path control = home.resolve("control");
        SmtpdSettings settings;
        try {
            settings = remembered(new Controls(control, call.identity().uid()))
                    .get()
                    .in(env);
        } catch (IOException e) {
            log.line("alert: qmail-smtpd: unable to read controls: " + Errno.djbTextWithFile(e));
            return withoutControls(call);
        }
        if (settings.rcpthosts().missing()) {
            log.line("alert: qmail-smtpd: " + Octets.of(control)
                    + "/rcpthosts: there is no such file, so mail is taken from clients with RELAYCLIENT alone;"
                    + " put the domains of this host into it");
        }
        Consumer<SmtpdEvent> events = event -> {
            if (event instanceof SmtpdEvent.Trouble trouble) {
                log.line("alert: qmail-smtpd: " + trouble.what() + ": " + Errno.djbTextWithFile(trouble.why()));
            }
        };
        Site site = new Site(
                settings,
                Manners.qmail(),
                new LocalIpHost(settings.localiphost(), IpAddress::isOfThisHost),
                intake(call, home, settings),
                clock);
        QmailPolicy policy = new QmailPolicy(settings, env.find("RELAYCLIENT"), users.of(call), events);
        End end = new Session(site, call.fds().connection(), peer(env), policy, events).run();
        return Exit.code(end == End.QUIT ? 0 : 1);
    }

    /** What one user may read is not another's to use. */
    private record Controls(Path directory, int uid) {
        Remembered<SmtpdSettings> remembered() {
            return new Remembered<>(reads -> SmtpdSettings.read(new QmailControl(directory, reads)));
        }
    }

    private Remembered<SmtpdSettings> remembered(Controls of) {
        Remembered<SmtpdSettings> known = controls.get(of);
        if (known == null) {
            known = of.remembered();
            if (controls.size() < MOST_KEPT) {
                controls.put(of, known);
            }
        }
        return known;
    }

    private static Exit withoutControls(Invocation call) {
        try {
            call.fds().connection().write(Manners.qmail().text(Reply.NO_CONTROLS));
            call.fds().connection().flush();
        } catch (IOException e) {
            // The client has gone before it could be told.
            return Exit.code(1);
        }
        return Exit.code(1);
    }

    private Intake intake(Invocation call, Path home, SmtpdSettings settings) {
        Optional<String> program = call.env().find("QMAILQUEUE");
        return program.<Intake>map(name ->
                        new ForeignQueue(name, call.env().entries(), home, call.identity(), settings.timeoutsmtpd()))
                .orElseGet(() -> queues.of(UserQueue.directory(call)));
    }

    private static Peer peer(Env env) {
        return new Peer(
                env.find("TCPREMOTEIP").orElse(Peer.UNKNOWN),
                env.find("TCPREMOTEHOST").orElse(Peer.UNKNOWN),
                env.find("TCPREMOTEINFO"),
                env.find("TCPLOCALHOST").or(() -> env.find("TCPLOCALIP")).orElse(Peer.UNKNOWN));
    }
}
