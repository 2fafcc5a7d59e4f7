package org.postern.smtpd;

import org.postern.auth.Sasl;
import org.postern.tcp.Connection;

/** What a session does next; performed by {@link Session} alone. BDAT will be a step of its own. */
sealed interface Step {
    /** Says this and waits for the next command. */
    record Say(Reply reply, State next) implements Step {}

    /** Says 354 and takes the message (RFC 5321 §4.1.1.4). */
    record ReceiveMailData(Hello hello, Transaction transaction) implements Step {}

    /** Says 220, and goes on under TLS (RFC 3207 §4). */
    record StartTls(Connection.Upgrade upgrade) implements Step {}

    /** Says 334, and takes the client's line (RFC 4954 §4). */
    record Challenge(Sasl.Challenge challenge, State.Ready state) implements Step {}

    /** Finds out whether that is right. */
    record Authenticate(Sasl.Claim claim, State.Ready state) implements Step {}

    /** Says this and ends the session. */
    record Close(Reply reply, End end) implements Step {}

    /** Ends the session without a word: nobody is there. */
    record Leave() implements Step {}
}
