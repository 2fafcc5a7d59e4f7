package org.postern.smtpd;

import java.util.ArrayList;
import java.util.List;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;

/** A mail transaction (RFC 5321 §3.3): begun by MAIL, grown by RCPT. One session's, so for one thread. */
final class Transaction {
    private final String reversePath;
    private final DsnMail dsn;
    private final boolean smtputf8;
    private final Policy.Judge judge;
    private final List<String> recipients = new ArrayList<>();
    private final List<DsnRcpt> dsnRcpts = new ArrayList<>();
    private int named;

    /** @param smtputf8 whether the client has said so (RFC 6531 §3.4) */
    Transaction(String reversePath, DsnMail dsn, boolean smtputf8, Policy.Judge judge) {
        this.reversePath = reversePath;
        this.dsn = dsn;
        this.smtputf8 = smtputf8;
        this.judge = judge;
    }

    String reversePath() {
        return reversePath;
    }

    boolean smtputf8() {
        return smtputf8;
    }

    /** How many recipients were named, refused ones included. */
    int named() {
        return named;
    }

    /** Asks for the recipient and keeps it where it is accepted. */
    Policy.Verdict rcpt(String address, DsnRcpt dsnRcpt) {
        named++;
        Policy.Verdict verdict = judge.rcpt(address);
        if (verdict instanceof Policy.Verdict.Accepted accepted) {
            recipients.add(accepted.address());
            dsnRcpts.add(dsnRcpt);
        }
        return verdict;
    }

    boolean mayRelay() {
        return judge.mayRelay();
    }

    Envelope envelope() {
        return new Envelope(reversePath, recipients, dsn, dsnRcpts, smtputf8);
    }
}
