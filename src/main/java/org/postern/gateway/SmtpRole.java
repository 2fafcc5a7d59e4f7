package org.postern.gateway;

import java.util.List;
import java.util.function.Predicate;
import org.postern.auth.Authentication;
import org.postern.auth.Proof;
import org.postern.config.Settings;
import org.postern.config.Settings.Submission.Senders;
import org.postern.event.Event;
import org.postern.event.Events;
import org.postern.mail.Mailbox;
import org.postern.os.Octets;
import org.postern.smtpd.Logins.Answer;
import org.postern.smtpd.Logins.Offer;
import org.postern.tcp.IpAddress;

/**
 * What an SMTP listener is there for.
 *
 * @param offer whether its clients may log in, or must
 * @param clearPassword whether they may without TLS
 */
record SmtpRole(Offer offer, boolean clearPassword) {
    /** {@code [smtpd]}: takes mail from anybody. */
    static SmtpRole smtpd(Settings settings) {
        return new SmtpRole(
                settings.smtpd().auth() ? Offer.YES : Offer.NO, settings.smtpd().clearPassword());
    }

    /** {@code [submission]}: takes mail from users (RFC 6409). */
    static SmtpRole submission(Settings settings) {
        return new SmtpRole(Offer.DEMANDED, settings.submission().clearPassword());
    }

    /** For a session with this client. */
    org.postern.smtpd.Logins logins(Logins logins, Settings settings, IpAddress client, long session, Events events) {
        return new org.postern.smtpd.Logins(
                offer,
                clearPassword,
                claim -> switch (logins.decide(
                        "smtp", session, claim.user(), new Proof.Password(claim.password()), client)) {
                    case Authentication.Accepted accepted -> {
                        String name = accepted.account().name();
                        events.tell(new Event.LoggedIn("smtp", session, client.toString(), name));
                        yield new Answer.Accepted(name);
                    }
                    case Authentication.Refused _ -> new Answer.Refused();
                    case Authentication.Unavailable _ -> new Answer.Unavailable();
                },
                (user, reversePath) -> maySendAs(
                        settings.submission().senders(),
                        settings.send().locals(),
                        logins::isAccount,
                        user,
                        reversePath));
    }

    /** The null reverse-path is anybody's: receipts have it (RFC 8098 §2.1). */
    static boolean maySendAs(
            Senders rule, List<String> locals, Predicate<String> isAccount, String user, String reversePath) {
        Mailbox sender = Mailbox.of(Octets.lowerCase(reversePath));
        String name = Octets.lowerCase(user);
        boolean local =
                locals.stream().anyMatch(domain -> Octets.lowerCase(domain).equals(sender.domain()));
        boolean own = !sender.domain().isEmpty() && sender.toString().equals(name);
        return reversePath.isEmpty()
                || switch (rule) {
                    case ANY -> true;
                    case DOMAINS -> local || own;
                    // An account of the whole address is somebody else.
                    case OWN -> own || local && sender.localPart().equals(name) && !isAccount.test(sender.toString());
                };
    }
}
