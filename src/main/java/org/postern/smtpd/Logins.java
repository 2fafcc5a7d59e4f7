package org.postern.smtpd;

import org.postern.auth.Sasl;

/**
 * What a session has to do with logins (RFC 4954).
 *
 * @param offer whether clients may log in, or must
 * @param inClear whether a password may be said without TLS
 * @param check decides
 * @param senders whose reverse-path a user may give
 */
public record Logins(Offer offer, boolean inClear, Check check, Senders senders) {
    /** How many wrong passwords a session forgives. */
    static final int ATTEMPTS = 3;

    /** Whether clients may log in. */
    public enum Offer {
        NO,
        YES,
        /** Nothing is taken from who has not: a submission server (RFC 6409 §4.3). */
        DEMANDED
    }

    /** Decides whether a client is who it says. It may take its time; the session waits. */
    @FunctionalInterface
    public interface Check {
        Answer of(Sasl.Claim claim);
    }

    /** Yes, no, or it cannot be found out. Whoever answers has told the log. */
    public sealed interface Answer {
        /** @param user as the account has the name */
        record Accepted(String user) implements Answer {}

        record Refused() implements Answer {}

        record Unavailable() implements Answer {}
    }

    /** Whose reverse-path a user may give (RFC 6409 §6.1). */
    @FunctionalInterface
    public interface Senders {
        /** @param reversePath perhaps empty */
        boolean allow(String user, String reversePath);
    }

    /** A server that knows no users. */
    public static Logins none() {
        return new Logins(Offer.NO, false, claim -> new Answer.Refused(), (user, reversePath) -> true);
    }

    boolean areKnown() {
        return offer != Offer.NO;
    }

    boolean areDemanded() {
        return offer == Offer.DEMANDED;
    }

    /** Whether a client may log in as the connection is now; what it may not, it is not offered either. */
    boolean arePossible(Tls tls) {
        return areKnown() && (inClear || tls instanceof Tls.InUse);
    }
}
