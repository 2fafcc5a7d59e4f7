package org.postern.smtpd;

import java.util.Optional;
import java.util.function.Consumer;
import org.postern.auth.Sasl;
import org.postern.config.SmtpdSettings;
import org.postern.mail.Utf8;
import org.postern.os.Octets;
import org.postern.smtpd.Step.Close;
import org.postern.smtpd.Step.ReceiveMailData;
import org.postern.smtpd.Step.Say;
import org.postern.tcp.Line;

/** What a server answers: state and command in, step out. Reads like RFC 5321 §4.1.1, in its order. */
final class Dialogue {
    /** The longest address: qmail-smtpd refuses from 900 octets on. */
    private static final int MAXADDRESS = 899;

    private final Site site;
    private final Logins logins;
    private final Policy policy;
    private final Consumer<SmtpdEvent> events;

    Dialogue(Site site, Logins logins, Policy policy, Consumer<SmtpdEvent> events) {
        this.site = site;
        this.logins = logins;
        this.policy = policy;
        this.events = events;
    }

    /** RFC 5321 §3.1. */
    Step greeting(Tls tls) {
        return new Say(new Reply(220, "", settings().smtpgreeting() + " ESMTP"), new State.Ready(Hello.none(tls)));
    }

    Step answer(State state, Command command) {
        return switch (command) {
            case Command.Ehlo ehlo -> ehlo(state, ehlo);
            case Command.Helo helo -> helo(state, helo);
            case Command.Mail mail -> mail(state, mail);
            case Command.Rcpt rcpt -> rcpt(state, rcpt);
            case Command.Data data -> data(state);
            case Command.Rset rset -> new Say(Reply.FLUSHED, new State.Ready(state.hello()));
            case Command.Vrfy vrfy -> new Say(Reply.TRY_MY_BEST, state);
            case Command.Expn expn -> new Say(Reply.UNIMPLEMENTED, state);
            case Command.Help help -> new Say(site.manners().help(), state);
            case Command.Noop noop -> new Say(Reply.OK, state);
            case Command.Quit quit ->
                new Close(new Reply(221, "2.0.0", settings().smtpgreeting()), End.QUIT);
            case Command.StartTls startTls -> startTls(state, startTls);
            case Command.Auth auth -> auth(state, auth);
            case Command.Unknown unknown -> new Say(Reply.UNIMPLEMENTED, state);
            case Command.TooLong tooLong -> new Say(Reply.COMMAND_TOO_LONG, state);
            case Command.EndOfInput end -> new Step.Leave();
        };
    }

    /** RFC 5321 §4.1.1.1; a transaction under way is dropped, §4.1.4. */
    private Step ehlo(State state, Command.Ehlo ehlo) {
        Tls tls = state.hello().tls();
        return new Say(
                site.manners().ehlo(settings(), tls, logins.arePossible(tls)),
                new State.Ready(state.hello().by(ehlo.host(), true)));
    }

    private Step helo(State state, Command.Helo helo) {
        return new Say(
                new Reply(250, "", settings().smtpgreeting()),
                new State.Ready(state.hello().by(helo.host(), false)));
    }

    /** RFC 3207 §4. */
    private static Step startTls(State state, Command.StartTls command) {
        return switch (state.hello().tls()) {
            case Tls.None none -> new Say(Reply.UNIMPLEMENTED, state);
            case Tls.InUse inUse -> new Say(Reply.TLS_ACTIVE, state);
            case Tls.Offered offered ->
                command.argument().isEmpty()
                        ? new Step.StartTls(offered.upgrade())
                        : new Say(Reply.SYNTAX_ERROR, state);
        };
    }

    /** RFC 4954 §4. */
    private Step auth(State state, Command.Auth auth) {
        if (!logins.areKnown()) {
            return new Say(Reply.UNIMPLEMENTED, state);
        }
        if (state.hello().user().isPresent()) {
            return new Say(Reply.LOGGED_IN_ALREADY, state);
        }
        if (!(state instanceof State.Ready ready)) {
            return new Say(Reply.NOT_IN_A_TRANSACTION, state);
        }
        if (!logins.arePossible(state.hello().tls())) {
            return new Say(Reply.LOGIN_NEEDS_TLS, state);
        }
        return auth.more()
                ? new Say(Reply.SYNTAX_ERROR, state)
                : exchange(ready, Sasl.begin(auth.mechanism(), auth.initialResponse()));
    }

    /** What the client said where it was asked for a line of the exchange. */
    Step answer(Step.Challenge asked, Line line) {
        return switch (line) {
            case Line.Text text -> exchange(asked.state(), asked.challenge().answered(text.octets()));
            case Line.TooLong _ -> new Say(Reply.LOGIN_LINE_TOO_LONG, asked.state());
            case Line.End _ -> new Step.Leave();
        };
    }

    private static Step exchange(State.Ready state, Sasl sasl) {
        return switch (sasl) {
            case Sasl.Challenge challenge -> new Step.Challenge(challenge, state);
            case Sasl.Claim claim -> new Step.Authenticate(claim, state);
            case Sasl.ForAnother _ -> new Say(Reply.LOGIN_REFUSED, state);
            case Sasl.Cancelled _ -> new Say(Reply.LOGIN_CANCELLED, state);
            case Sasl.Malformed malformed -> new Say(Reply.malformedLogin(malformed.why()), state);
            case Sasl.UnknownMechanism _ -> new Say(Reply.NO_SUCH_MECHANISM, state);
        };
    }

    /** What the check of user and password came to. */
    Step answer(State.Ready state, Logins.Answer answer) {
        return switch (answer) {
            case Logins.Answer.Accepted accepted ->
                new Say(Reply.LOGGED_IN, new State.Ready(state.hello().loggedIn(accepted.user())));
            case Logins.Answer.Refused _ -> new Say(Reply.LOGIN_REFUSED, state);
            case Logins.Answer.Unavailable _ -> new Say(Reply.LOGIN_UNKNOWN, state);
        };
    }

    /** RFC 5321 §4.1.1.2. As in the original, no HELO is needed, and a second MAIL begins anew. */
    private Step mail(State state, Command.Mail command) {
        Optional<String> user = state.hello().user();
        if (logins.areDemanded() && user.isEmpty()) { // RFC 6409 §4.3
            return new Say(logins.arePossible(state.hello().tls()) ? Reply.LOGIN_FIRST : Reply.TLS_FIRST, state);
        }
        DsnParameters dsn =
                settings().dsn() ? DsnParameters.ofMail(command.from()) : DsnParameters.none(command.from());
        Command.Mail mail = new Command.Mail(dsn.rest());
        Optional<Reply> objection =
                site.manners().objection(mail, logins.areKnown()).or(dsn::objection);
        if (objection.isPresent()) {
            return new Say(objection.get(), state);
        }
        String reversePath = site.localIpHost().apply(mail.from().address());
        if (!isAddress(reversePath)) {
            return new Say(Reply.SYNTAX_ERROR, state);
        }
        boolean smtputf8 = site.manners().smtputf8() && mail.from().has("SMTPUTF8");
        Optional<Reply> unfit = unfit(reversePath, smtputf8);
        if (unfit.isPresent()) {
            return new Say(unfit.get(), state);
        }
        if (user.isPresent() && !logins.senders().allow(user.get(), reversePath)) { // RFC 6409 §6.1
            events.accept(new SmtpdEvent.SenderRefused(user.get(), reversePath));
            return new Say(Reply.NOT_YOUR_ADDRESS, state);
        }
        // RFC 1870 §6.1: what is declared too large need not be sent.
        if (settings().databytes() > 0 && mail.from().size() > settings().databytes()) {
            return new Say(Reply.DATABYTES_EXCEEDED, state);
        }
        Transaction transaction = new Transaction(reversePath, dsn.mail(), smtputf8, policy.mail(reversePath, user));
        return new Say(Reply.SENDER_OK, new State.RcptWanted(state.hello(), transaction));
    }

    /** RFC 5321 §4.1.1.3. */
    private Step rcpt(State state, Command.Rcpt rcpt) {
        return switch (state) {
            case State.Ready ready -> new Say(Reply.MAIL_FIRST, ready);
            case State.RcptWanted wanted -> rcpt(wanted, wanted.transaction(), rcpt);
            case State.DataPossible possible -> rcpt(possible, possible.transaction(), rcpt);
        };
    }

    private Step rcpt(State state, Transaction transaction, Command.Rcpt command) {
        DsnParameters dsn = settings().dsn() ? DsnParameters.ofRcpt(command.to()) : DsnParameters.none(command.to());
        Command.Rcpt rcpt = new Command.Rcpt(dsn.rest());
        Optional<Reply> objection = site.manners().objection(rcpt).or(dsn::objection);
        if (objection.isPresent()) {
            return new Say(objection.get(), state);
        }
        String forwardPath = site.localIpHost().apply(rcpt.to().address());
        if (forwardPath.isEmpty() || !isAddress(forwardPath)) {
            return new Say(Reply.SYNTAX_ERROR, state);
        }
        Optional<Reply> unfit = unfit(forwardPath, transaction.smtputf8());
        if (unfit.isPresent()) {
            return new Say(unfit.get(), state);
        }
        if (transaction.named() >= settings().maxrecipients()) {
            return new Say(Reply.TOO_MANY_RECIPIENTS, state); // RFC 5321 §4.5.3.1.10
        }
        return switch (transaction.rcpt(forwardPath, dsn.rcpt())) {
            case Policy.Verdict.Accepted accepted ->
                new Say(Reply.RECIPIENT_OK, new State.DataPossible(state.hello(), transaction));
            case Policy.Verdict.Refused refused -> {
                events.accept(new SmtpdEvent.RecipientRefused(transaction.reversePath(), forwardPath, refused.reply()));
                yield new Say(refused.reply(), state);
            }
            case Policy.Verdict.HungUp hungUp -> new Close(hungUp.reply(), End.CLOSED);
        };
    }

    /** RFC 5321 §4.1.1.4. */
    private static Step data(State state) {
        return switch (state) {
            case State.Ready ready -> new Say(Reply.MAIL_FIRST, ready);
            case State.RcptWanted wanted -> new Say(Reply.RCPT_FIRST, wanted);
            case State.DataPossible possible -> new ReceiveMailData(possible.hello(), possible.transaction());
        };
    }

    /** What speaks against an address that is not ASCII (RFC 6531 §3.5). */
    private Optional<Reply> unfit(String path, boolean smtputf8) {
        if (!site.manners().smtputf8() || Octets.isAscii(path)) {
            return Optional.empty();
        }
        return !smtputf8
                ? Optional.of(Reply.NOT_ASCII)
                : Utf8.is(path) ? Optional.empty() : Optional.of(Reply.NOT_UTF8);
    }

    /**
     * Whether it may stand in an envelope: not too long, and without control characters, which no log, header or next
     * server has to meet (a CR would be a stray line end there).
     */
    private static boolean isAddress(String path) {
        return path.length() <= MAXADDRESS && path.chars().noneMatch(c -> c < ' ' || c == 127);
    }

    private SmtpdSettings settings() {
        return site.settings();
    }
}
