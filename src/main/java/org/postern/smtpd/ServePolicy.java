package org.postern.smtpd;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.config.SmtpdSettings;

/**
 * The policy of {@code postern serve}: who may relay is asked at the first foreign recipient of each transaction, so
 * that a device that connects before its login counts is served, and the answer is kept to the transaction's end.
 */
public final class ServePolicy implements Policy {
    private final Recipients recipients;
    private final Relaying relaying;
    private final Consumer<SmtpdEvent> events;

    /** @param users see {@link Recipients} */
    public ServePolicy(SmtpdSettings settings, Relaying relaying, LocalUsers users, Consumer<SmtpdEvent> events) {
        this.recipients = new Recipients(settings, users);
        this.relaying = relaying;
        this.events = events;
    }

    @Override
    public Judge mail(String reversePath, Optional<String> user) {
        return recipients.isBadSender(reversePath)
                ? rcpt -> new Verdict.Refused(Reply.BADMAILFROM)
                : new Asking(reversePath, user.isPresent() ? new Relaying.Answer.Yes() : null);
    }

    private final class Asking implements Judge {
        private final String reversePath;
        private Relaying.@Nullable Answer answer;

        /** @param answer where it needs not be asked for */
        Asking(String reversePath, Relaying.@Nullable Answer answer) {
            this.reversePath = reversePath;
            this.answer = answer;
        }

        @Override
        public Verdict rcpt(String forwardPath) {
            try {
                return recipients.isForeign(forwardPath) ? foreign(forwardPath) : ours(forwardPath);
            } catch (IOException e) {
                events.accept(new SmtpdEvent.Trouble("unable to read controls", e));
                return new Verdict.Refused(Reply.RELAY_UNKNOWN);
            }
        }

        @Override
        public boolean mayRelay() {
            return answer instanceof Relaying.Answer.Yes;
        }

        private Verdict ours(String forwardPath) {
            return recipients.judge(forwardPath, events);
        }

        private Verdict foreign(String forwardPath) {
            if (answer == null) {
                answer = relaying.mayRelay(reversePath, forwardPath);
            }
            return switch (answer) {
                case Relaying.Answer.Yes yes -> new Verdict.Accepted(Recipients.envelopeAddress(forwardPath));
                case Relaying.Answer.No no -> new Verdict.Refused(new Reply(550, "5.7.1", no.remedy()));
                case Relaying.Answer.Unknown unknown -> new Verdict.Refused(Reply.RELAY_UNKNOWN);
            };
        }
    }
}
