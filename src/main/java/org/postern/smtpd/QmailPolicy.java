package org.postern.smtpd;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.postern.config.SmtpdSettings;

/** The program's policy, qmail-smtpd's: who may relay was decided before the session began. */
public final class QmailPolicy implements Policy {
    private final Optional<String> relayClient;
    private final Recipients recipients;
    private final Consumer<SmtpdEvent> events;

    /**
     * @param relayClient {@code RELAYCLIENT}: any recipient is accepted, and this is added to each of them
     * @param users see {@link Recipients}
     */
    public QmailPolicy(
            SmtpdSettings settings, Optional<String> relayClient, LocalUsers users, Consumer<SmtpdEvent> events) {
        this.relayClient = relayClient;
        this.recipients = new Recipients(settings, users);
        this.events = events;
    }

    @Override
    public Judge mail(String reversePath, Optional<String> user) {
        if (recipients.isBadSender(reversePath)) {
            return rcpt -> new Verdict.Refused(Reply.BADMAILFROM);
        }
        return relayClient.isPresent() ? new FromClient(relayClient.get()) : this::fromAnyone;
    }

    private record FromClient(String added) implements Judge {
        @Override
        public Verdict rcpt(String forwardPath) {
            return new Verdict.Accepted(forwardPath + added);
        }

        @Override
        public boolean mayRelay() {
            return true;
        }
    }

    private Verdict fromAnyone(String forwardPath) {
        try {
            if (recipients.isForeign(forwardPath)) {
                return new Verdict.Refused(Reply.NOT_IN_RCPTHOSTS);
            }
        } catch (IOException e) {
            events.accept(new SmtpdEvent.Trouble("unable to read controls", e));
            return new Verdict.HungUp(Reply.NO_CONTROLS);
        }
        return recipients.judge(forwardPath, events);
    }
}
