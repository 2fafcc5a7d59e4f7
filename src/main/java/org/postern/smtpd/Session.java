package org.postern.smtpd;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.function.Consumer;
import org.postern.auth.Sasl;
import org.postern.tcp.Connection;
import org.postern.tcp.Line;
import org.postern.tcp.TlsWire;

/** An SMTP session on a connection, from the greeting to its end: the loop that performs what {@link Dialogue} says. */
public final class Session {
    private static final Step TOO_MANY_BAD_COMMANDS = new Step.Close(Reply.TOO_MANY_BAD_COMMANDS, End.CLOSED);

    private final Site site;
    private final Connection connection;
    private final Dialogue dialogue;
    private final MailData mailData;
    private final Tls tlsAtFirst;
    private final Logins logins;
    private int badCommands;
    private int failedLogins;

    /** Without TLS and logins. */
    public Session(Site site, Connection connection, Peer peer, Policy policy, Consumer<SmtpdEvent> events) {
        this(site, connection, peer, new Tls.None(), Logins.none(), policy, events);
    }

    /**
     * @param tls what the connection has of it
     * @param logins who may log in
     * @param policy accepts and refuses recipients
     * @param events told of what a log should say
     */
    public Session(
            Site site,
            Connection connection,
            Peer peer,
            Tls tls,
            Logins logins,
            Policy policy,
            Consumer<SmtpdEvent> events) {
        this.site = site;
        this.connection = connection;
        this.dialogue = new Dialogue(site, logins, policy, events);
        this.mailData = new MailData(site, connection, peer, logins.areDemanded(), events);
        this.tlsAtFirst = tls;
        this.logins = logins;
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
        Step step = dialogue.greeting(tlsAtFirst);
        while (true) {
            switch (step) {
                case Step.Say say -> step = isOneTooMany(say.reply()) ? TOO_MANY_BAD_COMMANDS : next(say);
                case Step.ReceiveMailData data -> step = mailData.receive(data.hello(), data.transaction());
                case Step.StartTls start -> step = startTls(start);
                case Step.Challenge challenge -> step = dialogue.answer(challenge, answer(challenge));
                case Step.Authenticate claim -> step = authenticate(claim);
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
        return next(say.next());
    }

    private Step next(State state) throws IOException {
        Command command = Command.of(connection.readLine(
                site.settings().maxcommand(), site.settings().timeoutsmtpd()));
        return dialogue.answer(state, command);
    }

    private Line answer(Step.Challenge asked) throws IOException {
        say(new Reply(334, "", asked.challenge().base64()));
        return connection.readLine(Sasl.LONGEST_LINE, site.settings().timeoutsmtpd());
    }

    private Step authenticate(Step.Authenticate asked) throws IOException {
        if (failedLogins == Logins.ATTEMPTS) {
            return new Step.Close(Reply.TOO_MANY_FAILED_LOGINS, End.CLOSED);
        }
        connection.flush(); // the check may take its time
        Logins.Answer answer = logins.check().of(asked.claim());
        failedLogins += answer instanceof Logins.Answer.Refused ? 1 : 0;
        return dialogue.answer(asked.state(), answer);
    }

    /** The session begins anew, without a greeting (RFC 3207 §4.2). */
    private Step startTls(Step.StartTls start) throws IOException {
        say(Reply.READY_FOR_TLS);
        TlsWire wire = connection.startTls(start.upgrade());
        return next(new State.Ready(Hello.none(new Tls.InUse(wire.description()))));
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
