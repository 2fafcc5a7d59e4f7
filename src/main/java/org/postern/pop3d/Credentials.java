package org.postern.pop3d;

/** With what a client says who it is. */
public sealed interface Credentials {
    /** An octet string, as the client sent it. */
    String user();

    /** What checkpassword gets as its second field. */
    String secret();

    /** USER and PASS. */
    record Password(String user, String password) implements Credentials {
        @Override
        public String secret() {
            return password;
        }

        @Override
        public String toString() {
            return "Password[" + user + "]";
        }
    }

    /**
     * APOP (RFC 1939 §7).
     *
     * @param timestamp what the greeting said, in its angle brackets
     * @param digest what should be the MD5 of timestamp and shared secret, in hexadecimal
     */
    record Digest(String user, String timestamp, String digest) implements Credentials {
        @Override
        public String secret() {
            return digest;
        }
    }
}
