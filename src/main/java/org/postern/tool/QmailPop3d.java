package org.postern.tool;

import java.io.IOException;
import java.time.Clock;
import org.postern.chain.Tool;
import org.postern.maildir.Maildrops;
import org.postern.os.Octets;
import org.postern.pop3d.Capabilities;
import org.postern.pop3d.Limits;
import org.postern.pop3d.TransactionSession;

/**
 * {@code qmail-pop3d maildir}: serves the Maildir to a POP client who has been let in. Always exits 0; what went wrong
 * is said to the client, as the original does, and in the log.
 */
public final class QmailPop3d implements Tool {
    private final Maildrops maildrops = new Maildrops();

    @Override
    public Exit run(Invocation call) throws IOException {
        TransactionSession session = new TransactionSession(
                call.fds().connection(), Limits.DEFAULT, Capabilities.ALL, maildrops, Clock.systemUTC());
        String maildir = call.args().arguments().stream().findFirst().orElse("");
        if (maildir.isEmpty()) {
            session.refuse();
        } else {
            session.run(call.path(maildir), call.identity().uid())
                    .trouble(Octets.word(maildir))
                    .ifPresent(what -> call.fds().log().line("qmail-pop3d[" + call.id() + "]: warning: " + what));
        }
        return Exit.code(0);
    }
}
