package org.postern.local;

import java.util.Collections;
import java.util.List;
import org.postern.mail.Action;
import org.postern.mail.Delivery;
import org.postern.mail.DsnMail;
import org.postern.mail.DsnRcpt;
import org.postern.mail.Envelope;

/**
 * What becomes of a sender's wishes where a .qmail file forwards (RFC 3461 §5.2.7). A list, whose bounces go to its owner,
 * is the end of the message: what it sends is its own. An address that stands for one other hands all wishes on; one
 * that stands for several, or delivers besides, hands on all but that for a notice of success.
 */
final class ForwardedDsn {
    private final Delivery delivery;
    private final boolean list;
    private final boolean delivered;
    private final int forwards;

    /** @param delivered whether the message went into a file or to a program, too */
    ForwardedDsn(Delivery delivery, String newSender, boolean delivered, int forwards) {
        this.delivery = delivery;
        this.list = !newSender.equals(delivery.sender());
        this.delivered = delivered;
        this.forwards = forwards;
    }

    Envelope envelope(String newSender, List<String> recipients) {
        if (list) {
            return new Envelope(newSender, recipients, DsnMail.NONE, List.of(), delivery.smtputf8());
        }
        DsnRcpt all = delivery.dsnRcpt();
        DsnRcpt each =
                action() == Action.PASSED_ON ? all : new DsnRcpt(all.wanted().withoutSuccess(), all.orcpt());
        return new Envelope(
                newSender,
                recipients,
                delivery.dsn(),
                Collections.nCopies(recipients.size(), each),
                delivery.smtputf8());
    }

    /** What was done with the message. */
    Action action() {
        if (delivered || forwards == 0 || list) {
            return Action.DELIVERED;
        }
        return forwards == 1 ? Action.PASSED_ON : Action.EXPANDED;
    }
}
