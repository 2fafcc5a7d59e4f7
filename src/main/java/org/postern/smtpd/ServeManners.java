package org.postern.smtpd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.postern.auth.Sasl;
import org.postern.config.SmtpdSettings;
import org.postern.mail.Xtext;
import org.postern.os.Octets;

/** Those of {@code postern serve}: RFC 5321 with enhanced status codes (RFC 2034), and no unknown parameter. */
record ServeManners() implements Manners {
    private static final Reply TIMEOUT = new Reply(421, "4.4.2", "timeout, closing the connection");
    private static final Reply HELP = new Reply(214, "2.0.0", "Postern. The commands are those of RFC 5321");
    private static final Reply STRAY = new Reply(
            554, "5.6.0", "the message has a CR or LF that is no line end, lines end with CR LF (RFC 5321 2.3.8)");
    private static final Reply NO_KEYWORD = new Reply(501, "5.5.4", "syntax: MAIL FROM:<address>, RCPT TO:<address>");
    private static final Reply UNKNOWN_PARAMETER = new Reply(555, "5.5.4", "unknown parameter");
    private static final Set<String> KNOWN = Set.of("BODY=7BIT", "BODY=8BITMIME", "SMTPUTF8");

    @Override
    public String text(Reply reply) {
        StringBuilder text = new StringBuilder();
        int last = reply.lines().size() - 1;
        for (int i = 0; i <= last; i++) {
            text.append(reply.code()).append(i < last ? '-' : ' ');
            if (!reply.status().isEmpty()) {
                text.append(reply.status()).append(' ');
            }
            text.append(reply.lines().get(i)).append("\r\n");
        }
        return text.toString();
    }

    /** RFC 5321 §3.8. */
    @Override
    public Reply timeout() {
        return TIMEOUT;
    }

    @Override
    public Reply ehlo(SmtpdSettings settings, Tls tls, boolean auth) {
        List<String> lines = new ArrayList<>(List.of(
                settings.smtpgreeting(),
                "PIPELINING",
                "8BITMIME",
                "SIZE " + settings.databytes(),
                "ENHANCEDSTATUSCODES",
                "SMTPUTF8")); // RFC 6531 §3.1
        if (settings.dsn()) {
            lines.add("DSN"); // RFC 3461 §3
        }
        if (tls instanceof Tls.Offered) {
            lines.add("STARTTLS"); // RFC 3207 §4
        }
        if (auth) {
            lines.add("AUTH " + String.join(" ", Sasl.MECHANISMS)); // RFC 4954 §3
        }
        return new Reply(250, "", lines);
    }

    @Override
    public Reply help() {
        return HELP;
    }

    @Override
    public Optional<Reply> objection(Command.Mail mail, boolean auth) {
        if (!mail.from().keyword().equals("FROM")) {
            return Optional.of(NO_KEYWORD);
        }
        boolean known = mail.from().parameters().stream()
                .map(Octets::upperCase)
                .allMatch(p -> KNOWN.contains(p) // RFC 6152 §2, RFC 6531 §3.4
                        || p.matches("SIZE=[0-9]{1,20}") // RFC 1870 §4
                        || auth && isAuth(p));
        return known ? Optional.empty() : Optional.of(UNKNOWN_PARAMETER);
    }

    /** RFC 4954 §5: who sent it, as other hosts say. We believe nobody, and pass nothing on. */
    private static boolean isAuth(String parameter) {
        return parameter.startsWith("AUTH=")
                && parameter.length() > 5
                && Xtext.decode(parameter.substring(5)).isPresent();
    }

    @Override
    public Optional<Reply> objection(Command.Rcpt rcpt) {
        if (!rcpt.to().keyword().equals("TO")) {
            return Optional.of(NO_KEYWORD);
        }
        return rcpt.to().parameters().isEmpty() ? Optional.empty() : Optional.of(UNKNOWN_PARAMETER);
    }

    @Override
    public Reply strayLineEnd() {
        return STRAY;
    }

    @Override
    public boolean closesAtStrayLineEnd() {
        return false;
    }

    @Override
    public boolean smtputf8() {
        return true;
    }

    /** RFC 3848, RFC 6531 §4.3. */
    @Override
    public String protocol(Hello hello, boolean smtputf8) {
        return hello.extended()
                ? (smtputf8 ? "UTF8SMTP" : "ESMTP")
                        + (hello.tls() instanceof Tls.InUse ? "S" : "")
                        + (hello.user().isPresent() ? "A" : "")
                : "SMTP";
    }

    /** Protocol and cipher suite, as a comment (RFC 5321 §4.4, CFWS). */
    @Override
    public String protocolDetails(Hello hello) {
        return hello.tls() instanceof Tls.InUse tls ? " (" + tls.description() + ")" : "";
    }
}
