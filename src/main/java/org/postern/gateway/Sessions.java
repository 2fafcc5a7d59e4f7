package org.postern.gateway;

import java.io.IOException;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Optional;
import org.postern.auth.Authenticator;
import org.postern.auth.PasswordCheck;
import org.postern.config.Settings;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.os.Crypt;
import org.postern.os.Identity;
import org.postern.queue.Origin;
import org.postern.queue.Queue;
import org.postern.relay.DirectoryStore;
import org.postern.relay.GrantStore;
import org.postern.relay.Spool;
import org.postern.tcp.Listener;

/** What connections are served by, as the settings have it. Other settings count for new connections; sessions keep theirs. */
final class Sessions {
    private final CurrentAccounts accounts;
    private final Spool spool;
    private final Queue queue;
    private final Delivery delivery;
    private final boolean loopbackGrants;
    private final Events events;
    private final Exchanged pop3;
    private final Exchanged pop3s;
    private final Exchanged smtp;
    private final Exchanged smtps;
    private final Exchanged submission;
    private final Exchanged submissions;
    private final Logins logins;
    private Pop3Service pop3Service;
    private Optional<TlsDoor> door;
    private volatile Settings settings;
    private volatile GrantStore grants;

    /** @param self whose rights this process has */
    Sessions(
            Settings settings,
            Identity self,
            CurrentAccounts accounts,
            Spool spool,
            Queue queue,
            Delivery delivery,
            boolean loopbackGrants,
            Events events)
            throws IOException {
        this.settings = settings;
        this.accounts = accounts;
        this.spool = spool;
        this.queue = queue;
        this.delivery = delivery;
        this.loopbackGrants = loopbackGrants;
        this.events = events;
        door = settings.tls().isEmpty() ? Optional.empty() : Optional.of(new TlsDoor(settings.tls(), events));
        grants = grants(settings);
        logins = new Logins(new Authenticator(accounts, new PasswordCheck(new Crypt()), self), events);
        pop3Service = new Pop3Service(settings, logins, self, grants, loopbackGrants, door, Clock.systemUTC(), events);
        SmtpService smtpService = smtp(settings, SmtpRole.smtpd(settings), door);
        SmtpService submissionService = smtp(settings, SmtpRole.submission(settings), door);
        pop3 = new Exchanged(pop3Service);
        smtp = new Exchanged(smtpService);
        // Without a certificate nobody listens there.
        pop3s = new Exchanged(door.map(pop3Service::underTls).orElse(pop3Service));
        smtps = new Exchanged(door.map(smtpService::underTls).orElse(smtpService));
        submission = new Exchanged(submissionService);
        submissions = new Exchanged(door.map(submissionService::underTls).orElse(submissionService));
    }

    private GrantStore grants(Settings of) {
        return new DirectoryStore(
                spool, DirectoryStore.Settings.expiringAfter(of.relay().expiry()), InstantSource.system());
    }

    private SmtpService smtp(Settings of, SmtpRole role, Optional<TlsDoor> offered) {
        return new SmtpService(
                of,
                role,
                logins,
                queue.intake(Origin.NETWORK),
                grants,
                loopbackGrants,
                delivery::isLocal,
                offered,
                InstantSource.system(),
                events);
    }

    /**
     * Takes other settings, or none of them.
     *
     * @throws IOException where the accounts or a certificate cannot be used; all stays as it was then
     */
    synchronized void take(Settings changed) throws IOException {
        CurrentAccounts.Read read = accounts.read(changed.users().file(), line -> events.tell(new Event.Note(line)));
        if (!changed.tls().isEmpty()) {
            if (door.isPresent()) {
                door.get().take(changed.tls());
            } else {
                door = Optional.of(new TlsDoor(changed.tls(), events));
            }
        }
        accounts.take(read);
        Gateway.tellName(queue.directory(), changed.me(), events);
        Settings effective = withListenersOf(settings, changed);
        settings = effective;
        grants = grants(effective);
        // Listeners under TLS stay so until the restart, also where the new settings have no certificate.
        Optional<TlsDoor> offered = changed.tls().isEmpty() ? Optional.empty() : door;
        pop3Service = pop3Service.with(effective, grants, offered);
        SmtpService smtpService = smtp(effective, SmtpRole.smtpd(effective), offered);
        SmtpService submissionService = smtp(effective, SmtpRole.submission(effective), offered);
        pop3.by(pop3Service);
        smtp.by(smtpService);
        submission.by(submissionService);
        door.ifPresent(known -> {
            pop3s.by(pop3Service.underTls(known));
            smtps.by(smtpService.underTls(known));
            submissions.by(submissionService.underTls(known));
        });
    }

    /** Listeners stay as they are; what may be said in clear was judged for the new ones, and is not widened for these. */
    private static Settings withListenersOf(Settings running, Settings changed) {
        Settings.Pop3d pop3d = running.pop3d();
        Settings.Smtpd smtpd = running.smtpd();
        Settings.Submission submission = running.submission();
        return new Settings(
                changed.me(),
                running.home(),
                running.user(),
                running.group(),
                changed.tls(),
                new Settings.Pop3d(
                        pop3d.listen(),
                        changed.pop3d().clearPassword()
                                && (changed.pop3d().listen().equals(pop3d.listen()) || pop3d.clearPassword())),
                new Settings.Smtpd(
                        smtpd.listen(),
                        changed.smtpd().rcpthosts(),
                        changed.smtpd().databytes(),
                        changed.smtpd().dsn(),
                        changed.smtpd().auth(),
                        changed.smtpd().clearPassword()
                                && (changed.smtpd().listen().equals(smtpd.listen()) || smtpd.clearPassword())),
                new Settings.Submission(
                        submission.listen(),
                        changed.submission().clearPassword()
                                && (changed.submission().listen().equals(submission.listen())
                                        || submission.clearPassword()),
                        changed.submission().senders()),
                changed.relay(),
                changed.users(),
                changed.send());
    }

    /** Looks whether the files of the certificates have changed. */
    synchronized void lookAtCertificates() {
        door.ifPresent(TlsDoor::look);
    }

    GrantStore grants() {
        return grants;
    }

    /** What serves connections of a protocol, as the log calls it. */
    Listener.Service service(String protocol) {
        return switch (protocol) {
            case "pop3" -> pop3;
            case "pop3s" -> pop3s;
            case "smtp" -> smtp;
            case "smtps" -> smtps;
            case "submission" -> submission;
            case "submissions" -> submissions;
            default -> throw new IllegalArgumentException(protocol);
        };
    }
}
