package org.postern.smtpd;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.function.Consumer;
import org.postern.tcp.Connection;

/** An SMTP session on a connection, from the greeting to its end: the loop that performs what {@link Dialogue} says. */
public final class Session {
    private static final Step TOO_MANY_BAD_COMMANDS = new Step.Close(Reply.TOO_MANY_BAD_COMMANDS, End.CLOSED);

    private final Site site;
    private final Connection connection;
    private final Dialogue dialogue;
    private final MailData mailData;
    private int badCommands;

    /**
     * @param policy accepts and refuses recipients
     * @param events told of what a log should say
     */
    public Session(Site site, Connection connection, Peer peer, Policy policy, Consumer<SmtpdEvent> events) {
        this.site = site;
        this.connection = connection;
        this.dialogue = new Dialogue(site, policy, events);
        this.mailData = new MailData(site, connection, peer, events);
    }

    /** Serves the client. The connection stays open, with everything said on it. */
    public End run() {
        connection.writeLimit(site.settings().timeoutsmtpd());
        try {
            End end = converse();
            connection.flush();
            return end;
        } catch (SocketTimeoutException e) {
            return timedOut();
        } catch (IOException e) {
            // The network failed: to qmail-smtpd the same as a client that closes.
            return End.VANISHED;
        }
    }

    private End converse() throws IOException {
        Step step = dialogue.greeting();
        while (true) {
            switch (step) {
                case Step.Say say -> step = isOneTooMany(say.reply()) ? TOO_MANY_BAD_COMMANDS : next(say);
                case Step.ReceiveMailData data -> step = mailData.receive(data.hello(), data.transaction());
                case Step.Close close -> {
                    say(close.reply());
                    return close.end();
                }
                case Step.Leave leave -> {
                    return End.VANISHED;
                }
            }
        }
    }

    private Step next(Step.Say say) throws IOException {
        say(say.reply());
        Command command = Command.of(connection.readLine(
                site.settings().maxcommand(), site.settings().timeoutsmtpd()));
        return dialogue.answer(say.next(), command);
    }

    private boolean isOneTooMany(Reply reply) {
        badCommands += reply.isBadCommand() ? 1 : 0;
        return badCommands > site.settings().maxbadcommands();
    }

    private void say(Reply reply) throws IOException {
        connection.write(site.manners().text(reply));
    }

    private End timedOut() {
        try {
            say(site.manners().timeout());
            connection.flush();
        } catch (IOException e) {
            return End.VANISHED;
        }
        return End.TIMED_OUT;
    }
}
