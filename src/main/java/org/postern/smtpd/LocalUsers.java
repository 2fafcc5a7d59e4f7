package org.postern.smtpd;

import java.io.IOException;
import org.postern.mail.Mailbox;

/** Who has a mailbox here. Only such a one may have %, ! or @ in its local part. */
@FunctionalInterface
public interface LocalUsers {
    /**
     * Whether a mailbox is a user's own, by the rules of delivery.
     *
     * @throws IOException where it cannot be found out now
     */
    boolean has(Mailbox mailbox) throws IOException;
}
