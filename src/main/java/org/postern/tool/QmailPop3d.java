package org.postern.tool;

import java.io.IOException;
import java.time.Clock;
import org.postern.chain.Tool;
import org.postern.maildir.Maildrop.NotRemoved;
import org.postern.maildir.Maildrops;
import org.postern.os.Errno;
import org.postern.pop3d.Capabilities;
import org.postern.pop3d.Limits;
import org.postern.pop3d.TransactionSession;
import org.postern.pop3d.TransactionSession.End;

/**
 * {@code qmail-pop3d maildir}: serves the Maildir to a POP client who has been let in. Always exits 0; what went wrong
 * is said to the client, as the original does, and in the log.
 */
public final class QmailPop3d implements Tool {
    private final Maildrops maildrops = new Maildrops();

    @Override
    public Exit run(Invocation call) throws IOException {
        TransactionSession session = new TransactionSession(
                call.fds().connection(), Limits.DEFAULT, Capabilities.TRANSACTION, maildrops, Clock.systemUTC());
        String maildir = call.args().arguments().stream().findFirst().orElse("");
        if (maildir.isEmpty()) {
            session.refuse();
        } else {
            log(call, maildir, session.run(call.path(maildir), call.identity().uid()));
        }
        return Exit.code(0);
    }

    private static void log(Invocation call, String maildir, End end) {
        String name = LogText.of(maildir);
        switch (end) {
            case End.Updated _, End.Gone _ -> {
                // As it should be, or as it must be expected: tcpserver logs the end of the connection.
            }
            case End.NoMaildir(IOException why) -> warn(call, "unable to open " + name, why);
            case End.CannotScan(IOException why) -> warn(call, "unable to scan " + name, why);
            case End.CannotRead(IOException why) -> warn(call, "unable to read a message in " + name, why);
            case End.NotAllRemoved(var failures) -> {
                NotRemoved first = failures.getFirst();
                String file = name + "/" + LogText.of(first.message().place().toString());
                warn(call, "unable to unlink " + failures.size() + " deleted messages, as " + file, first.why());
            }
        }
    }

    private static void warn(Invocation call, String text, IOException why) {
        call.fds().log().line("qmail-pop3d[" + call.id() + "]: warning: " + text + ": " + Errno.djbText(why));
    }
}
