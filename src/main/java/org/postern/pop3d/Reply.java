package org.postern.pop3d;

/**
 * The first line of a response (RFC 1939 §3).
 *
 * @param octets without its CR LF
 */
public record Reply(String octets) {
    /** As the original says it, with the blank. */
    public static final Reply OK = new Reply("+OK ");

    public static Reply ok(String text) {
        return new Reply("+OK " + text);
    }

    public static Reply err(String text) {
        return new Reply("-ERR " + text);
    }

    /** Trouble of ours that the administrator has to end (RFC 3206 §4). */
    public static Reply permanent(String text) {
        return new Reply("-ERR [SYS/PERM] " + text);
    }

    /** Trouble of ours that will pass, nothing the client did (RFC 3206 §4). */
    public static Reply temporary(String text) {
        return new Reply("-ERR [SYS/TEMP] " + text);
    }
}
