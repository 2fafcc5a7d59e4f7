package org.postern.smtpd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postern.config.SmtpdSettings;

/** netqmail's qmail-smtpd, word for word: status codes in parentheses, where it refuses something. */
record QmailManners() implements Manners {
    private static final Reply TIMEOUT = new Reply(451, "4.4.2", "timeout");
    private static final Reply HELP = new Reply(214, "", "netqmail home page: http://qmail.org/netqmail");
    private static final Reply SMTPLF = new Reply(451, "", "See http://pobox.com/~djb/docs/smtplf.html.");

    @Override
    public String text(Reply reply) {
        StringBuilder text = new StringBuilder();
        int last = reply.lines().size() - 1;
        for (int i = 0; i <= last; i++) {
            text.append(reply.code())
                    .append(i < last ? '-' : ' ')
                    .append(reply.lines().get(i));
            if (i == last && reply.code() >= 400 && !reply.status().isEmpty()) {
                text.append(" (#").append(reply.status()).append(')');
            }
            text.append("\r\n");
        }
        return text.toString();
    }

    @Override
    public Reply timeout() {
        return TIMEOUT;
    }

    @Override
    public Reply ehlo(SmtpdSettings settings, Tls tls, boolean auth) {
        List<String> lines = new ArrayList<>(
                List.of(settings.smtpgreeting(), "PIPELINING", "8BITMIME", "SIZE " + settings.databytes()));
        if (settings.dsn()) {
            lines.add("DSN"); // RFC 3461 §3
        }
        return new Reply(250, "", lines);
    }

    @Override
    public Reply help() {
        return HELP;
    }

    @Override
    public Optional<Reply> objection(Command.Mail mail, boolean auth) {
        return Optional.empty();
    }

    @Override
    public Optional<Reply> objection(Command.Rcpt rcpt) {
        return Optional.empty();
    }

    @Override
    public Reply strayLineEnd() {
        return SMTPLF;
    }

    @Override
    public boolean closesAtStrayLineEnd() {
        return true;
    }

    @Override
    public String protocol(Hello hello, boolean smtputf8) {
        return "SMTP";
    }
}
