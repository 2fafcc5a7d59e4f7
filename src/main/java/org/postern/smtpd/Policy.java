package org.postern.smtpd;

import java.util.Optional;

/** Which recipients are accepted: given to a session from outside, since it is not a matter of the protocol. */
@FunctionalInterface
public interface Policy {
    /**
     * A transaction has begun: its recipients are judged by what is returned.
     *
     * @param user who has logged in, and so may relay
     */
    Judge mail(String reversePath, Optional<String> user);

    /** Judges the recipients of one transaction, and may remember what it found out. */
    @FunctionalInterface
    interface Judge {
        /** @param forwardPath never empty */
        Verdict rcpt(String forwardPath);

        /** Whether the client may relay, as far as this transaction had to ask. */
        default boolean mayRelay() {
            return false;
        }
    }

    /** What a recipient is answered. */
    sealed interface Verdict {
        /** @param address what goes into the envelope */
        record Accepted(String address) implements Verdict {}

        record Refused(Reply reply) implements Verdict {}

        /** Nothing can be judged any more: the session ends with this reply. */
        record HungUp(Reply reply) implements Verdict {}
    }
}
