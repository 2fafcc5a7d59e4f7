package org.postern.smtpd;

import java.util.ArrayList;
import java.util.List;
import org.postern.mail.Envelope;

/** A mail transaction (RFC 5321 §3.3): begun by MAIL, grown by RCPT. One session's, so for one thread. */
final class Transaction {
    private final String reversePath;
    private final Policy.Judge judge;
    private final List<String> recipients = new ArrayList<>();
    private int named;

    Transaction(String reversePath, Policy.Judge judge) {
        this.reversePath = reversePath;
        this.judge = judge;
    }

    String reversePath() {
        return reversePath;
    }

    /** How many recipients were named, refused ones included. */
    int named() {
        return named;
    }

    /** Asks for the recipient and keeps it where it is accepted. */
    Policy.Verdict rcpt(String address) {
        named++;
        Policy.Verdict verdict = judge.rcpt(address);
        if (verdict instanceof Policy.Verdict.Accepted accepted) {
            recipients.add(accepted.address());
        }
        return verdict;
    }

    boolean mayRelay() {
        return judge.mayRelay();
    }

    Envelope envelope() {
        return new Envelope(reversePath, recipients);
    }
}
