package org.postern.send;

import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.mail.Provenance;
import org.postern.queue.Origin;
import org.postern.queue.QueuedMessage;

/** One try to deliver a message to one recipient. */
final class Attempt {
    private static final String TOO_OLD = "I'm not going to try again; this message has been in the queue too long.\n";

    private Attempt() {}

    /** Delivers; a deferral of a message that is too old is a failure. */
    static DeliveryResult of(Work work, Deliverers deliverers) {
        DeliveryResult result = deliver(work, deliverers);
        if (work.job().dying && result instanceof DeliveryResult.Deferred d) {
            String report = d.report();
            String separator = report.isEmpty() || report.endsWith("\n") ? "" : "\n";
            return new DeliveryResult.Bounced(report + separator + TOO_OLD);
        }
        return result;
    }

    private static Provenance provenance(Origin origin) {
        return switch (origin) {
            case LOCAL -> Provenance.PROGRAM;
            case CLIENT, BOUNCE -> Provenance.OWN;
            case NETWORK -> Provenance.STRANGER;
        };
    }

    private static DeliveryResult deliver(Work work, Deliverers deliverers) {
        QueuedMessage message = work.job().message;
        String address = work.route().address();
        Delivery delivery = new Delivery(
                message.name().delivery(work.recipient()),
                Verp.sender(message.sender(), address),
                address,
                message,
                provenance(message.origin()),
                message.dsn(),
                work.dsn(),
                message.smtputf8(),
                work.job().entry.asked);
        try {
            return switch (work.route()) {
                case Route.Local l -> deliverers.local().deliver(delivery);
                case Route.Remote r -> deliverers.remote().deliver(delivery);
            };
        } catch (Throwable e) {
            return new DeliveryResult.Deferred("Unexpected trouble: " + e + ". (#4.3.0)\n");
        }
    }
}
