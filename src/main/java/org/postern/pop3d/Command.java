package org.postern.pop3d;

import java.util.Optional;
import org.postern.os.Octets;
import org.postern.tcp.Line;

/** What a client can say. Parsing is total: whatever a line holds, it is one of these. */
public sealed interface Command {
    record Quit() implements Command {}

    // RFC 1939 §5

    record Stat() implements Command {}

    record List(Argument message) implements Command {}

    record Retr(Argument message) implements Command {}

    record Dele(Argument message) implements Command {}

    record Noop() implements Command {}

    record Rset() implements Command {}

    // RFC 1939 §7

    record Top(Argument message, Argument lines) implements Command {}

    record Uidl(Argument message) implements Command {}

    /** @param name empty where the client gave none */
    record User(String name) implements Command {}

    /** @param password empty where the client gave none */
    record Pass(String password) implements Command {
        @Override
        public String toString() {
            return "Pass[]";
        }
    }

    /** @param digest empty where the client gave none */
    record Apop(String name, String digest) implements Command {}

    // RFC 1460 §5, which RFC 1939 dropped: qmail-pop3d has it

    record Last() implements Command {}

    // RFC 2449 §5

    record Capa() implements Command {}

    // RFC 2595 §4

    record Stls() implements Command {}

    // RFC 5034 §4

    /**
     * The beginning of an exchange.
     *
     * @param mechanism empty where the client gave none
     * @param initialResponse as it was sent
     */
    record Auth(String mechanism, Optional<String> initialResponse) implements Command {
        @Override
        public String toString() {
            return "Auth[" + mechanism + "]";
        }
    }

    /** Something else. */
    record Unknown() implements Command {}

    /** A line longer than the limit, whatever it began with. */
    record TooLong() implements Command {}

    /** A number, as an argument. */
    sealed interface Argument {
        record None() implements Argument {}

        /** @param number saturated: 2^64 + 1 is a very large number, not 1 */
        record Value(long number) implements Argument {}

        record NotANumber() implements Argument {}

        static Argument of(String text) {
            if (text.isEmpty()) {
                return new None();
            }
            if (!text.chars().allMatch(c -> c >= '0' && c <= '9')) {
                return new NotANumber();
            }
            String digits = text.replaceFirst("^0+(?=.)", "");
            return new Value(digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits));
        }
    }

    static Command of(Line.Text line) {
        // A C string ends at its first NUL, so for the original the line does.
        String text = upTo(line.octets(), '\0');
        String verb = upTo(text, ' ');
        String rest = text.substring(verb.length());
        String argument = rest.substring(leadingBlanks(rest));
        return switch (Octets.upperCase(verb)) {
            case "QUIT" -> new Quit();
            case "STAT" -> new Stat();
            case "LIST" -> new List(number(argument));
            case "RETR" -> new Retr(number(argument));
            case "DELE" -> new Dele(number(argument));
            case "NOOP" -> new Noop();
            case "RSET" -> new Rset();
            case "TOP" -> top(argument);
            case "UIDL" -> new Uidl(number(argument));
            case "USER" -> new User(argument);
            case "PASS" -> new Pass(argument);
            case "APOP" -> apop(argument);
            case "LAST" -> new Last();
            case "CAPA" -> new Capa();
            case "STLS" -> new Stls();
            case "AUTH" -> auth(argument);
            default -> new Unknown();
        };
    }

    private static Argument number(String argument) {
        return Argument.of(argument.stripTrailing());
    }

    private static Command top(String argument) {
        String message = upTo(argument, ' ');
        return new Top(
                Argument.of(message),
                Argument.of(argument.substring(message.length()).strip()));
    }

    private static Command apop(String argument) {
        String name = upTo(argument, ' ');
        return new Apop(name, name.length() == argument.length() ? "" : argument.substring(name.length() + 1));
    }

    private static Command auth(String argument) {
        String mechanism = upTo(argument, ' ');
        String response = argument.substring(mechanism.length()).strip();
        return new Auth(mechanism, response.isEmpty() ? Optional.empty() : Optional.of(response));
    }

    private static String upTo(String text, char end) {
        int at = text.indexOf(end);
        return at < 0 ? text : text.substring(0, at);
    }

    private static int leadingBlanks(String text) {
        int at = 0;
        while (at < text.length() && text.charAt(at) == ' ') {
            at++;
        }
        return at;
    }
}
