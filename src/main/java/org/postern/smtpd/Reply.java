package org.postern.smtpd;

import java.util.List;

/**
 * A reply, before a {@link Manners} gives it its form.
 *
 * @param code RFC 5321 §4.2.3
 * @param status the enhanced status code (RFC 3463); empty where RFC 2034 §4 wants none, and where the original says
 *     none
 * @param lines the text, one line at least, each an octet string
 */
public record Reply(int code, String status, List<String> lines) {
    /** Those of qmail-smtpd, with its words. */
    static final Reply OK = new Reply(250, "2.0.0", "ok");

    static final Reply SENDER_OK = new Reply(250, "2.1.0", "ok");
    static final Reply RECIPIENT_OK = new Reply(250, "2.1.5", "ok");
    static final Reply FLUSHED = new Reply(250, "2.0.0", "flushed");
    static final Reply TRY_MY_BEST = new Reply(252, "2.0.0", "send some mail, i'll try my best");
    static final Reply GO_AHEAD = new Reply(354, "", "go ahead");
    static final Reply UNIMPLEMENTED = new Reply(502, "5.5.1", "unimplemented");
    static final Reply MAIL_FIRST = new Reply(503, "5.5.1", "MAIL first");
    static final Reply RCPT_FIRST = new Reply(503, "5.5.1", "RCPT first");
    static final Reply SYNTAX_ERROR = new Reply(555, "5.5.4", "syntax error");
    static final Reply BADMAILFROM = new Reply(553, "5.7.1", "sorry, your envelope sender is in my badmailfrom list");
    static final Reply NOT_IN_RCPTHOSTS =
            new Reply(553, "5.7.1", "sorry, that domain isn't in my list of allowed rcpthosts");
    static final Reply DATABYTES_EXCEEDED =
            new Reply(552, "5.3.4", "sorry, that message size exceeds my databytes limit");
    static final Reply TOO_MANY_HOPS = new Reply(554, "5.4.6", "too many hops, this message is looping");
    static final Reply QQT_FAILURE = new Reply(451, "4.3.0", "qqt failure");

    /** Said where settings cannot be read, instead of the greeting too; the session ends. */
    public static final Reply NO_CONTROLS = new Reply(421, "4.3.0", "unable to read controls");

    /** Those of ours. */
    static final Reply USERS_UNKNOWN =
            new Reply(451, "4.3.0", "sorry, I can't find out now whether that is a user here, try again later");

    static final Reply COMMAND_TOO_LONG = new Reply(500, "5.5.2", "command line too long");

    static final Reply TOO_MANY_RECIPIENTS = new Reply(452, "4.5.3", "too many recipients, send the message in parts");
    static final Reply READY_FOR_TLS = new Reply(220, "2.0.0", "ready to start TLS");
    static final Reply TLS_ACTIVE = new Reply(503, "5.5.1", "TLS is in use already");

    /** RFC 6531 §3.5. */
    static final Reply NOT_ASCII = new Reply(553, "5.6.7", "an address that is not ASCII needs SMTPUTF8 behind MAIL");

    static final Reply NOT_UTF8 = new Reply(553, "5.6.7", "that address is no UTF-8");
    static final Reply HEADER_NOT_UTF8 = new Reply(554, "5.6.7", "the header is no UTF-8 (RFC 6532)");

    /** RFC 4954 §6, with its status codes. */
    static final Reply LOGGED_IN = new Reply(235, "2.7.0", "you are logged in");

    static final Reply LOGIN_REFUSED = new Reply(535, "5.7.8", "user or password is wrong");
    static final Reply LOGIN_UNKNOWN = new Reply(454, "4.7.0", "temporary trouble with logins, try again later");
    static final Reply LOGIN_CANCELLED = new Reply(501, "5.7.0", "login cancelled");
    static final Reply LOGIN_NEEDS_TLS =
            new Reply(538, "5.7.11", "this server takes passwords under TLS only, say STARTTLS first");
    static final Reply NO_SUCH_MECHANISM = new Reply(504, "5.5.4", "this server knows AUTH PLAIN and AUTH LOGIN");
    static final Reply LOGGED_IN_ALREADY = new Reply(503, "5.5.1", "you are logged in already");
    static final Reply NOT_IN_A_TRANSACTION = new Reply(503, "5.5.1", "not within a mail transaction");
    static final Reply LOGIN_LINE_TOO_LONG = new Reply(500, "5.5.6", "that line is too long");
    static final Reply TOO_MANY_FAILED_LOGINS = new Reply(421, "4.7.0", "too many failed logins");
    static final Reply LOGIN_FIRST = new Reply(530, "5.7.0", "log in first, by AUTH");
    static final Reply TLS_FIRST = new Reply(530, "5.7.0", "say STARTTLS first, then log in");
    static final Reply NOT_YOUR_ADDRESS =
            new Reply(550, "5.7.1", "that sender address is not yours, give the address of the user who has logged in");

    static final Reply TOO_MANY_BAD_COMMANDS = new Reply(421, "4.7.0", "too many bad commands");
    static final Reply NO_DOMAIN =
            new Reply(553, "5.1.3", "sorry, that address has no domain, and I take only postmaster without one");
    static final Reply ROUTED_ADDRESS = new Reply(553, "5.7.1", "sorry, I don't relay by %, ! or @ in the local part");
    static final Reply RELAY_UNKNOWN =
            new Reply(451, "4.3.0", "sorry, I can't find out now whether you may relay, try again later");

    public Reply {
        lines = List.copyOf(lines);
    }

    public Reply(int code, String status, String text) {
        this(code, status, List.of(text));
    }

    /** A line of a message was longer than {@code maxline}. */
    static Reply lineTooLong(int maxline) {
        return new Reply(554, "5.6.0", "sorry, that message has a line of more than " + maxline + " octets");
    }

    /** RFC 4954 §4: what cannot be decoded. */
    static Reply malformedLogin(String why) {
        return new Reply(501, "5.5.2", why);
    }

    static Reply queued(long unixTime, long id) {
        return new Reply(250, "2.6.0", "ok " + unixTime + " qp " + id);
    }

    /**
     * Whether it says that the command itself was wrong, not what it asked for. DATA without a recipient is what a client
     * that pipelines sends where all of its recipients were refused (RFC 2920 §3.1).
     */
    boolean isBadCommand() {
        return !equals(RCPT_FIRST) && isBad(code);
    }

    private static boolean isBad(int code) {
        return code == 500 || code == 501 || code == 502 || code == 503 || code == 555;
    }
}
