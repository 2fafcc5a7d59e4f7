package org.postern.smtpd;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.postern.config.SmtpdSettings;
import org.postern.mail.Mailbox;
import org.postern.os.Octets;

/**
 * What holds for a recipient that anyone may name: its domain is in rcpthosts, and it is no way to say another host's
 * address in disguise.
 *
 * @param settings rcpthosts and badmailfrom
 * @param users whether a mailbox, its domain without a last dot, is that of a user here; such a one may have %, !
 *     or @ in its name
 */
record Recipients(SmtpdSettings settings, LocalUsers users) {
    /** badmailfrom has the address, or its @host. */
    boolean isBadSender(String reversePath) {
        String sender = Octets.lowerCase(reversePath);
        int at = sender.lastIndexOf('@');
        return settings.badmailfrom().contains(sender)
                || at >= 0 && settings.badmailfrom().contains(sender.substring(at));
    }

    /** Whether the domain is not ours to take mail for; an address without one is never foreign. */
    boolean isForeign(String forwardPath) throws IOException {
        if (forwardPath.indexOf('@') < 0) {
            return false;
        }
        Mailbox mailbox = Mailbox.of(forwardPath);
        Mailbox dotless = withoutLastDot(mailbox);
        return !settings.rcpthosts().allows(dotless.domain())
                || !mailbox.equals(dotless) && !users.has(dotless); // no list has the last dot of a domain
    }

    /** What speaks against a recipient that is not foreign. */
    Optional<Reply> objection(String forwardPath) throws IOException {
        if (forwardPath.indexOf('@') < 0) {
            // RFC 5321 §4.5.1: postmaster needs no domain. No other address may slip past rcpthosts for lack of one.
            return Octets.lowerCase(forwardPath).equals("postmaster") ? Optional.empty() : Optional.of(Reply.NO_DOMAIN);
        }
        Mailbox mailbox = withoutLastDot(Mailbox.of(forwardPath));
        boolean routed = mailbox.localPart().chars().anyMatch(c -> c == '%' || c == '!' || c == '@');
        return routed && !users.has(mailbox) ? Optional.of(Reply.ROUTED_ADDRESS) : Optional.empty();
    }

    /** Accepts or refuses a recipient that is not foreign. Where nobody knows now, the client may try again. */
    Policy.Verdict judge(String forwardPath, Consumer<SmtpdEvent> events) {
        try {
            return objection(forwardPath)
                    .<Policy.Verdict>map(Policy.Verdict.Refused::new)
                    .orElseGet(() -> new Policy.Verdict.Accepted(envelopeAddress(forwardPath)));
        } catch (IOException e) {
            events.accept(new SmtpdEvent.Trouble("unable to look up a user", e));
            return new Policy.Verdict.Refused(Reply.USERS_UNKNOWN);
        }
    }

    /** What goes into the envelope. */
    static String envelopeAddress(String forwardPath) {
        return withoutLastDot(Mailbox.of(forwardPath)).toString();
    }

    private static Mailbox withoutLastDot(Mailbox mailbox) {
        String domain = mailbox.domain();
        return domain.endsWith(".")
                ? new Mailbox(mailbox.localPart(), domain.substring(0, domain.length() - 1))
                : mailbox;
    }
}
