package org.postern.remote;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.postern.config.RouteLogin;
import org.postern.config.RouteLogin.Mechanism;
import org.postern.os.Octets;

/** Logs in at a host (RFC 4954). A password goes in clear only where the route says so. */
final class SmtpLogin {
    private static final List<Mechanism> UNDER_TLS = List.of(Mechanism.PLAIN, Mechanism.LOGIN, Mechanism.CRAM_MD5);
    private static final List<Mechanism> IN_CLEAR = List.of(Mechanism.CRAM_MD5, Mechanism.PLAIN, Mechanism.LOGIN);

    private final Tokens tokens;

    SmtpLogin(Tokens tokens) {
        this.tokens = tokens;
    }

    /** How it ended. */
    sealed interface Outcome {
        record LoggedIn() implements Outcome {}

        /** @param why lines for a report, each with its line feed; no secret is in them */
        record Failed(String why) implements Outcome {}
    }

    /** @throws IOException where the connection breaks */
    Outcome login(SmtpClient client, RouteLogin login) throws IOException {
        return switch (login) {
            case RouteLogin.Password password -> password(client, password);
            case RouteLogin.Token token -> token(client, token);
        };
    }

    private static Outcome password(SmtpClient client, RouteLogin.Password login) throws IOException {
        Set<String> offered = client.words("AUTH");
        boolean safe = client.isEncrypted();
        Optional<Mechanism> mechanism = (safe ? UNDER_TLS : IN_CLEAR)
                .stream()
                        .filter(m ->
                                login.mechanism().isEmpty() || login.mechanism().get() == m)
                        .filter(m -> offered.contains(m.keyword()))
                        .filter(m -> safe || login.inClear() || m == Mechanism.CRAM_MD5)
                        .findFirst();
        if (mechanism.isEmpty()) {
            return new Outcome.Failed(
                    "It offers " + (offered.isEmpty() ? "no AUTH" : "AUTH " + String.join(" ", offered))
                            + (safe ? "" : " without TLS") + "; the route allows "
                            + login.mechanism().map(Mechanism::keyword).orElse("PLAIN, LOGIN, CRAM-MD5")
                            + (safe || login.inClear() ? "" : ", and no password in clear") + ". (#4.7.4)\n");
        }
        String secret;
        try {
            secret = login.password().read();
        } catch (IOException e) {
            return new Outcome.Failed(e.getMessage() + " (#4.7.0)\n");
        }
        return outcome(
                switch (mechanism.get()) {
                    // RFC 4616 §2
                    case PLAIN -> plain(client, base64("\0" + login.user() + "\0" + secret));
                    case LOGIN ->
                        converse(client, client.ask("AUTH LOGIN"), List.of(base64(login.user()), base64(secret)));
                    case CRAM_MD5 -> cramMd5(client, login.user(), secret);
                });
    }

    /** Some servers do not take what stands in the command (RFC 4954 §4), and ask for it. */
    private static RemoteReply plain(SmtpClient client, String response) throws IOException {
        return converse(client, client.ask("AUTH PLAIN " + response), List.of(response));
    }

    private static RemoteReply converse(SmtpClient client, RemoteReply first, List<String> answers) throws IOException {
        RemoteReply reply = first;
        for (String answer : answers) {
            if (!reply.isIntermediate()) {
                return reply;
            }
            reply = client.ask(answer);
        }
        return reply;
    }

    /** RFC 2195 §2. */
    private static RemoteReply cramMd5(SmtpClient client, String user, String secret) throws IOException {
        RemoteReply challenge = client.ask("AUTH CRAM-MD5");
        if (!challenge.isIntermediate()) {
            return challenge;
        }
        byte[] octets;
        try {
            octets = Base64.getDecoder().decode(challenge.lastText().strip());
        } catch (IllegalArgumentException e) {
            return client.ask("*"); // RFC 4954 §4: cancelled
        }
        try {
            Mac mac = Mac.getInstance("HmacMD5");
            mac.init(new SecretKeySpec(Octets.bytes(secret), "HmacMD5"));
            return client.ask(base64(user + " " + HexFormat.of().formatHex(mac.doFinal(octets))));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A token that is refused may have been withdrawn before its time: another one is asked for, once. */
    private Outcome token(SmtpClient client, RouteLogin.Token login) throws IOException {
        if (!client.isEncrypted()) {
            return new Outcome.Failed("There is no TLS, and a token must not go in clear. (#4.7.4)\n");
        }
        if (!client.words("AUTH").contains("XOAUTH2")) {
            return new Outcome.Failed("It does not offer AUTH XOAUTH2. (#4.7.4)\n");
        }
        String token;
        try {
            token = tokens.token(login);
        } catch (IOException e) {
            return noToken(e);
        }
        RemoteReply reply = xoauth2(client, login.user(), token);
        if (reply.code() != 535) {
            return outcome(reply);
        }
        try {
            token = tokens.another(login, token);
        } catch (IOException e) {
            return noToken(e);
        }
        return outcome(xoauth2(client, login.user(), token));
    }

    private static Outcome noToken(IOException why) {
        return new Outcome.Failed("There is no token: " + why.getMessage() + " (#4.7.0)\n");
    }

    /** On refusal comes a challenge with the reason, which an empty line answers, and only then the reply. */
    private static RemoteReply xoauth2(SmtpClient client, String user, String token) throws IOException {
        RemoteReply reply =
                client.ask("AUTH XOAUTH2 " + base64("user=" + user + "\u0001auth=Bearer " + token + "\u0001\u0001"));
        return reply.isIntermediate() ? client.ask("") : reply;
    }

    private static Outcome outcome(RemoteReply reply) {
        return reply.code() == 235 ? new Outcome.LoggedIn() : new Outcome.Failed("Remote host said: " + reply.text());
    }

    private static String base64(String octets) {
        return Base64.getEncoder().encodeToString(Octets.bytes(octets));
    }
}
