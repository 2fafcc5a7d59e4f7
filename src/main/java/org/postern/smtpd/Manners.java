package org.postern.smtpd;

import java.util.Optional;
import org.postern.config.SmtpdSettings;

/** How a session speaks, and how strict it is: all in which the program and {@code postern serve} differ. */
public sealed interface Manners permits QmailManners, ServeManners {
    /** As recorded from netqmail's qmail-smtpd. */
    static Manners qmail() {
        return new QmailManners();
    }

    /** As of today: enhanced status codes, RFC syntax. */
    static Manners serve() {
        return new ServeManners();
    }

    /** The reply as it is sent, each line with its CR LF. */
    String text(Reply reply);

    /**
     * The reply to EHLO (RFC 5321 §4.1.1.1).
     *
     * @param auth whether the client may log in now
     */
    Reply ehlo(SmtpdSettings settings, Tls tls, boolean auth);

    Reply help();

    /**
     * What is wrong with the syntax of a MAIL command, where that matters.
     *
     * @param auth whether the server knows logins at all
     */
    Optional<Reply> objection(Command.Mail mail, boolean auth);

    /** What is wrong with the syntax of an RCPT command, where that matters. */
    Optional<Reply> objection(Command.Rcpt rcpt);

    /** Said to a client that was silent for too long, before the connection is closed. */
    Reply timeout();

    /** The answer to a message with a bare LF or a lone CR (RFC 5321 §2.3.8). */
    Reply strayLineEnd();

    /** Whether that is said and the connection closed at the first one, or the message read to its end before. */
    boolean closesAtStrayLineEnd();

    /** Whether addresses and headers may be UTF-8, where the client says so (RFC 6531). */
    default boolean smtputf8() {
        return false;
    }

    /**
     * What stands behind {@code with} in the Received line.
     *
     * @param smtputf8 whether the client has said so
     */
    String protocol(Hello hello, boolean smtputf8);

    /** What stands behind that, with a blank before it, or nothing. */
    default String protocolDetails(Hello hello) {
        return "";
    }
}
