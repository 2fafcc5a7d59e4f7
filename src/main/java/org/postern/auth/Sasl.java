package org.postern.auth;

import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.postern.os.Octets;

/**
 * Where an exchange of SASL (RFC 4422) stands, seen from the server. The protocol around it carries the lines: AUTH of
 * SMTP (RFC 4954) and of POP3 (RFC 5034).
 */
public sealed interface Sasl {
    /** What is offered: both give the password itself, so that hashed ones can serve them. */
    List<String> MECHANISMS = List.of("PLAIN", "LOGIN");

    /** The longest line of an exchange, in octets without its CR LF (RFC 4954 §4, RFC 5034 §4). */
    int LONGEST_LINE = 12_288 - 2;

    /**
     * The server has to say this, in base64, and wait for the client's line.
     *
     * @param base64 perhaps empty
     */
    record Challenge(String base64, Mechanism mechanism) implements Sasl {
        /** What the client's line leads to. */
        public Sasl answered(String line) {
            return line.equals("*") ? new Cancelled() : decoded(line, mechanism);
        }
    }

    /** The client says who it is. Octet strings, neither of them empty. */
    record Claim(String user, String password) implements Sasl {
        @Override
        public String toString() {
            return "Claim[" + user + "]";
        }
    }

    /** The client says that it acts for another user than the one whose password it gives; nobody may. */
    record ForAnother() implements Sasl {}

    /** The client gives up. */
    record Cancelled() implements Sasl {}

    /** @param why one line for the client, without what it said */
    record Malformed(String why) implements Sasl {}

    record UnknownMechanism() implements Sasl {}

    /** What a mechanism makes of the client's next octets. */
    @FunctionalInterface
    interface Mechanism {
        Sasl took(String octets);
    }

    /**
     * Begins an exchange.
     *
     * @param mechanism in any case
     * @param initialResponse what the client sent with it: base64, or {@code =} for no octets; empty: it waits
     */
    static Sasl begin(String mechanism, Optional<String> initialResponse) {
        return switch (Octets.upperCase(mechanism)) {
            case "PLAIN" -> first(new Challenge("", Sasl::plain), initialResponse);
            case "LOGIN" -> first(new Challenge(encoded("Username:"), Sasl::loginName), initialResponse);
            default -> new UnknownMechanism();
        };
    }

    private static Sasl first(Challenge challenge, Optional<String> initialResponse) {
        return initialResponse
                .map(text -> decoded(text.equals("=") ? "" : text, challenge.mechanism))
                .orElse(challenge);
    }

    /** RFC 4616 §2: {@code [authzid] NUL authcid NUL passwd}. */
    private static Sasl plain(String octets) {
        String[] parts = octets.split("\0", -1);
        if (parts.length != 3) {
            return new Malformed("PLAIN is two NULs, with the user between and the password behind them (RFC 4616)");
        }
        return parts[0].isEmpty() || parts[0].equals(parts[1]) ? claim(parts[1], parts[2]) : new ForAnother();
    }

    /** No RFC has it. Devices know the two prompts as they stand here, and no others. */
    private static Sasl loginName(String user) {
        return new Challenge(encoded("Password:"), password -> claim(user, password));
    }

    private static Sasl claim(String user, String password) {
        boolean fit = !user.isEmpty() && !password.isEmpty() && (user + password).indexOf('\0') < 0;
        return fit ? new Claim(user, password) : new Malformed("user and password may not be empty, or have a NUL");
    }

    /** RFC 4648 §4, padded: Java's decoder takes it without. */
    private static Sasl decoded(String base64, Mechanism mechanism) {
        if (base64.length() % 4 != 0) {
            return new Malformed("that is no base64");
        }
        byte[] octets;
        try {
            octets = Base64.getDecoder().decode(Octets.bytes(base64));
        } catch (IllegalArgumentException e) {
            return new Malformed("that is no base64");
        }
        return mechanism.took(Octets.of(octets));
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(Octets.bytes(text));
    }
}
