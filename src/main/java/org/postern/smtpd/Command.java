package org.postern.smtpd;

import java.util.Optional;
import org.postern.os.Octets;
import org.postern.tcp.Line;

/** What a client sends, in the order of RFC 5321 §4.1.1. Bad input is a command like any other. */
public sealed interface Command {
    /** RFC 5321 §4.1.1.1. */
    record Ehlo(String host) implements Command {}

    /** RFC 5321 §4.1.1.1. */
    record Helo(String host) implements Command {}

    /** RFC 5321 §4.1.1.2. */
    record Mail(PathArgument from) implements Command {}

    /** RFC 5321 §4.1.1.3. */
    record Rcpt(PathArgument to) implements Command {}

    /** RFC 5321 §4.1.1.4. */
    record Data() implements Command {}

    /** RFC 5321 §4.1.1.5. */
    record Rset() implements Command {}

    /** RFC 5321 §4.1.1.6. */
    record Vrfy() implements Command {}

    /** RFC 5321 §4.1.1.7. */
    record Expn() implements Command {}

    /** RFC 5321 §4.1.1.8. */
    record Help() implements Command {}

    /** RFC 5321 §4.1.1.9. */
    record Noop() implements Command {}

    /** RFC 5321 §4.1.1.10. */
    record Quit() implements Command {}

    /** RFC 3207 §4. */
    record StartTls(String argument) implements Command {}

    /**
     * RFC 4954 §4.
     *
     * @param initialResponse as it was sent
     * @param more whether there is anything behind it
     */
    record Auth(String mechanism, Optional<String> initialResponse, boolean more) implements Command {
        static Auth of(String argument) {
            String[] words = argument.stripTrailing().split(" +", 3);
            return new Auth(words[0], words.length < 2 ? Optional.empty() : Optional.of(words[1]), words.length > 2);
        }

        /** Without the password. */
        @Override
        public String toString() {
            return "Auth[" + mechanism + "]";
        }
    }

    /** No verb we know. */
    record Unknown() implements Command {}

    /** A line longer than {@code maxcommand}. */
    record TooLong() implements Command {}

    /** The client has closed. */
    record EndOfInput() implements Command {}

    static Command of(Line line) {
        return switch (line) {
            case Line.Text text -> parse(text.octets());
            case Line.TooLong tooLong -> new TooLong();
            case Line.End end -> new EndOfInput();
        };
    }

    private static Command parse(String line) {
        int nul = line.indexOf('\0'); // qmail-smtpd's lines are C strings
        String text = nul < 0 ? line : line.substring(0, nul);
        int blank = text.indexOf(' ');
        String verb = Octets.upperCase(blank < 0 ? text : text.substring(0, blank));
        int at = blank < 0 ? text.length() : blank;
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        String argument = text.substring(at);
        return switch (verb) {
            case "EHLO" -> new Ehlo(argument);
            case "HELO" -> new Helo(argument);
            case "MAIL" -> new Mail(PathArgument.of(argument));
            case "RCPT" -> new Rcpt(PathArgument.of(argument));
            case "DATA" -> new Data();
            case "RSET" -> new Rset();
            case "VRFY" -> new Vrfy();
            case "EXPN" -> new Expn();
            case "HELP" -> new Help();
            case "NOOP" -> new Noop();
            case "QUIT" -> new Quit();
            case "STARTTLS" -> new StartTls(argument);
            case "AUTH" -> Auth.of(argument);
            default -> new Unknown();
        };
    }
}
