package org.postern.tool;

import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.postern.chain.Env;
import org.postern.chain.Log;
import org.postern.chain.Tool;
import org.postern.config.QmailControl;
import org.postern.config.SmtpdSettings;
import org.postern.mail.Mailbox;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.queue.ForeignQueue;
import org.postern.queue.Intake;
import org.postern.smtpd.End;
import org.postern.smtpd.LocalIpHost;
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
    private static final String HOME = "/var/qmail";

    private final Queues queues;
    private final Predicate<Mailbox> isLocalUser;
    private final InstantSource clock;

    /** The queue of an installation. */
    @FunctionalInterface
    public interface Queues {
        Intake under(Path qmailHome);
    }

    /**
     * @param queues where messages go unless QMAILQUEUE says otherwise
     * @param isLocalUser whether a mailbox of one of our domains is a user's own, by the rules of delivery; only such a
     *     one may have %, ! or @ in its local part
     */
    public QmailSmtpd(Queues queues, Predicate<Mailbox> isLocalUser, InstantSource clock) {
        this.queues = queues;
        this.isLocalUser = isLocalUser;
        this.clock = clock;
    }

    @Override
    public Exit run(Invocation call) {
        Env env = call.env();
        Log log = call.fds().log();
        Path home = call.path(env.find("QMAILHOME").orElse(HOME));
        QmailControl control = new QmailControl(home.resolve("control"));
        SmtpdSettings settings;
        try {
            settings = SmtpdSettings.read(control, env);
        } catch (IOException e) {
            log.line("alert: qmail-smtpd: unable to read controls: " + words(e));
            return withoutControls(call);
        }
        if (settings.rcpthosts().missing()) {
            log.line("alert: qmail-smtpd: " + Octets.of(control.directory())
                    + "/rcpthosts: there is no such file, so mail is taken from clients with RELAYCLIENT alone;"
                    + " put the domains of this host into it");
        }
        Consumer<SmtpdEvent> events = event -> {
            if (event instanceof SmtpdEvent.Trouble trouble) {
                log.line("alert: qmail-smtpd: " + trouble.what() + ": " + words(trouble.why()));
            }
        };
        Site site = new Site(
                settings,
                Manners.qmail(),
                new LocalIpHost(settings.localiphost(), QmailSmtpd::isMine),
                intake(call, home, settings),
                clock);
        QmailPolicy policy = new QmailPolicy(settings, env.find("RELAYCLIENT"), isLocalUser, events);
        End end = new Session(site, call.fds().connection(), peer(env), policy, events).run();
        return Exit.code(end == End.QUIT ? 0 : 1);
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
                .orElseGet(() -> queues.under(home));
    }

    private static Peer peer(Env env) {
        return new Peer(
                env.find("TCPREMOTEIP").orElse(Peer.UNKNOWN),
                env.find("TCPREMOTEHOST").orElse(Peer.UNKNOWN),
                env.find("TCPREMOTEINFO"),
                env.find("TCPLOCALHOST").or(() -> env.find("TCPLOCALIP")).orElse(Peer.UNKNOWN));
    }

    private static boolean isMine(IpAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address.inet()) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    /** With the file's name, where it has one. */
    private static String words(IOException e) {
        return e instanceof FileSystemException fs && fs.getFile() != null
                ? fs.getFile() + ": " + Errno.djbText(e)
                : Errno.djbText(e);
    }
}
