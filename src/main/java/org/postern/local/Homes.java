package org.postern.local;

import java.io.IOException;
import java.util.Optional;
import org.postern.mail.Mailbox;

/** Who gets the mail of a local address: what users/cdb and qmail-getpw are to qmail-lspawn. */
@FunctionalInterface
public interface Homes {
    /**
     * The user whose mail a local address's is, or the alias user with all of it as the extension; empty where nobody is responsible,
     * which bounces the message.
     *
     * @throws IOException where that cannot be told now, with the reason in a sentence: the message is deferred
     */
    Optional<Home> home(Mailbox address) throws IOException;
}
