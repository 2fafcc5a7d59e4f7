package org.postern.pop3d;

import java.util.List;
import org.postern.auth.Sasl;
import org.postern.pop3d.Authenticator.Verdict;
import org.postern.tcp.Connection;

/**
 * The AUTHORIZATION state (RFC 1939 §4): qmail-popup's session, from the greeting until the client is known or leaves.
 */
public final class AuthorizationSession {
    private static final Reply SYNTAX = Reply.err("syntax error");
    private static final Reply AUTHORIZATION_FIRST = Reply.err("authorization first");
    private static final Reply TLS_FIRST = Reply.err("this server takes passwords under TLS only: say STLS first");
    private static final Reply NO_TLS =
            Reply.err("this server takes passwords under TLS only, and has no certificate now");

    private final Dialogue dialogue;
    private final Limits limits;
    private final String timestamp;
    private final List<String> capabilities;
    private Tls tls;

    /**
     * @param timestamp what APOP's digest is made with, unique for each connection, in its angle brackets
     * @param capabilities what CAPA lists, apart from STLS
     * @param tls as the session begins
     */
    public AuthorizationSession(
            Connection connection, Limits limits, String timestamp, List<String> capabilities, Tls tls) {
        this.dialogue = new Dialogue(connection, limits);
        this.limits = limits;
        this.timestamp = timestamp;
        this.capabilities = List.copyOf(capabilities);
        this.tls = tls;
    }

    /** How it ended. The connection is open still; nothing more is to be said unless it is {@link LoggedIn}. */
    public sealed interface End<T> {
        /** Nothing was said to that yet: the transaction session says +OK. */
        record LoggedIn<T>(T login) implements End<T> {}

        /** The last attempt allowed has failed, and the client was told. */
        record NotLoggedIn<T>() implements End<T> {}

        /** The client said QUIT. */
        record Quit<T>() implements End<T> {}

        /** The client has gone, said nothing for too long, or too much that was no command. */
        record Gone<T>(String why) implements End<T> {}
    }

    private sealed interface State {
        record Greeted() implements State {}

        record Named(String user) implements State {}
    }

    private sealed interface Step {
        record Say(Reply reply, State next) implements Step {}

        record SayLines(Reply reply, List<String> lines, State next) implements Step {}

        record Close(Reply reply) implements Step {}

        record Authenticate(Credentials credentials) implements Step {}

        record Challenge(Sasl.Challenge challenge, State state) implements Step {}

        record StartTls(Connection.Upgrade upgrade) implements Step {}
    }

    /** Runs the session to its end. */
    public <T> End<T> run(Authenticator<T> authenticator) {
        try {
            dialogue.say(Reply.ok(timestamp));
            Step step = next(new State.Greeted());
            int failures = 0;
            while (true) {
                switch (step) {
                    case Step.Say s -> {
                        dialogue.say(s.reply);
                        step = next(s.next);
                    }
                    case Step.SayLines s -> {
                        dialogue.say(s.reply, s.lines);
                        step = next(s.next);
                    }
                    case Step.Close s -> {
                        dialogue.last(s.reply);
                        return new End.Quit<>();
                    }
                    case Step.Challenge s -> step = exchange(s.state, dialogue.answer(s.challenge));
                    case Step.StartTls s -> {
                        dialogue.say(Reply.ok("begin TLS"));
                        dialogue.startTls(s.upgrade);
                        tls = new Tls.InUse();
                        step = next(new State.Greeted());
                    }
                    case Step.Authenticate s -> {
                        dialogue.flush();
                        switch (authenticator.check(s.credentials)) {
                            case Verdict.Accepted<T> accepted -> {
                                return new End.LoggedIn<>(accepted.login());
                            }
                            case Verdict.Refused<T> refused -> dialogue.last(refusal(refused));
                            case Verdict.Denied<T> denied -> dialogue.last(denied.reply());
                        }
                        failures++;
                        if (failures == limits.attempts()) {
                            return new End.NotLoggedIn<>();
                        }
                        step = next(new State.Greeted());
                    }
                }
            }
        } catch (SessionOver e) {
            return new End.Gone<>(e.why());
        }
    }

    /** RFC 3206 §5: the one who knows that code is told that trying again does not help. */
    private Reply refusal(Verdict.Refused<?> refused) {
        return Capabilities.haveAuthRespCode(capabilities) ? Reply.err("[AUTH] authorization failed") : refused.reply();
    }

    /** RFC 5034 §4. */
    private Step auth(State state, Command.Auth auth) {
        return Capabilities.haveSasl(capabilities)
                ? exchange(state, Sasl.begin(auth.mechanism(), auth.initialResponse()))
                : new Step.Say(AUTHORIZATION_FIRST, state);
    }

    private static Step exchange(State state, Sasl sasl) {
        return switch (sasl) {
            case Sasl.Challenge challenge -> new Step.Challenge(challenge, state);
            case Sasl.Claim claim -> new Step.Authenticate(new Credentials.Password(claim.user(), claim.password()));
            case Sasl.ForAnother _ -> new Step.Say(Reply.err("[AUTH] nobody acts for another user here"), state);
            case Sasl.Cancelled _ -> new Step.Say(Reply.err("login cancelled"), state);
            case Sasl.Malformed malformed -> new Step.Say(Reply.err(malformed.why()), state);
            case Sasl.UnknownMechanism _ ->
                new Step.Say(Reply.err("this server knows AUTH PLAIN and AUTH LOGIN"), state);
        };
    }

    private Reply tlsFirst() {
        return tls instanceof Tls.Missing ? NO_TLS : TLS_FIRST;
    }

    /** RFC 2595 §4. */
    private Step stls(State state) {
        return switch (tls) {
            case Tls.Offered offered -> new Step.StartTls(offered.upgrade());
            case Tls.InUse _ -> new Step.Say(Reply.err("TLS is in use already"), state);
            case Tls.None _, Tls.Missing _ -> new Step.Say(AUTHORIZATION_FIRST, state);
        };
    }

    private Step next(State state) throws SessionOver {
        return step(state, dialogue.command());
    }

    private Step step(State state, Command command) {
        return switch (state) {
            case State.Greeted greeted -> common(greeted, command);
            case State.Named named -> named(named, command);
        };
    }

    /** After USER, PASS means something. */
    private Step named(State.Named state, Command command) {
        if (command instanceof Command.Pass pass) {
            return pass.password().isEmpty()
                    ? new Step.Say(SYNTAX, state)
                    : new Step.Authenticate(new Credentials.Password(state.user, pass.password()));
        }
        return common(state, command);
    }

    /** What is the same before USER and after it. */
    private Step common(State state, Command command) {
        return switch (command) {
            case Command.Quit _ -> new Step.Close(Reply.OK);
            case Command.User _, Command.Pass _, Command.Apop _
            when !tls.allowsLogin() -> new Step.Say(tlsFirst(), state);
            case Command.Auth _
            when !tls.allowsLogin() && Capabilities.haveSasl(capabilities) -> new Step.Say(tlsFirst(), state);
            case Command.Auth c -> auth(state, c);
            case Command.User c ->
                c.name().isEmpty() ? new Step.Say(SYNTAX, state) : new Step.Say(Reply.OK, new State.Named(c.name()));
            case Command.Pass _ -> new Step.Say(Reply.err("USER first"), state);
            case Command.Apop c ->
                c.digest().isEmpty()
                        ? new Step.Say(SYNTAX, state)
                        : new Step.Authenticate(new Credentials.Digest(c.name(), timestamp, c.digest()));
            case Command.Noop _ -> new Step.Say(Reply.OK, state);
            case Command.Capa _ -> new Step.SayLines(Reply.OK, tls.capabilities(capabilities), state);
            case Command.Stls _ -> stls(state);
            case Command.TooLong _ -> new Step.Say(Reply.err("line too long"), state);
            case Command.Stat _,
                    Command.List _,
                    Command.Retr _,
                    Command.Dele _,
                    Command.Rset _,
                    Command.Top _,
                    Command.Uidl _,
                    Command.Last _,
                    Command.Unknown _ -> new Step.Say(AUTHORIZATION_FIRST, state);
        };
    }
}
