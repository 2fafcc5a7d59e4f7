package org.postern.auth;

/** What a client offers to show that it knows a password. Octet strings, which no {@code toString} shows. */
public sealed interface Proof {
    /** The password itself: USER and PASS. */
    record Password(String octets) implements Proof {
        @Override
        public String toString() {
            return "a password";
        }
    }

    /**
     * RFC 1939 §7 APOP: the MD5 digest of the greeting's timestamp and the password.
     *
     * @param digest 32 hexadecimal digits in lower case
     * @param timestamp as the greeting had it, angle brackets included
     */
    record Apop(String digest, String timestamp) implements Proof {
        @Override
        public String toString() {
            return "an APOP digest";
        }
    }

    /**
     * One of the two, nobody says which: what checkpassword is handed. It is a digest only where the timestamp is one
     * that a server can have made ({@link #isTimestamp}): the digest of an empty one would be the password's own
     * digest, good for ever.
     */
    record PasswordOrApop(String octets, String timestamp) implements Proof {
        @Override
        public String toString() {
            return "a password or APOP digest";
        }
    }

    /** RFC 1939 §7: the syntax of a msg-id of RFC 822, {@code <process-ID.clock@hostname>}. */
    static boolean isTimestamp(String text) {
        int at = text.indexOf('@');
        return text.length() >= 5
                && text.charAt(0) == '<'
                && at > 1
                && at < text.length() - 2
                && text.indexOf('>') == text.length() - 1
                && text.chars().allMatch(c -> c > ' ' && c < 127);
    }
}
