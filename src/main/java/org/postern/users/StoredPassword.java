package org.postern.users;

/** A password as an account keeps it. None of them shows itself in a log: {@code toString} names the kind alone. */
public sealed interface StoredPassword {
    /** In clear: APOP needs it so. */
    record Clear(String password) implements StoredPassword {
        @Override
        public String toString() {
            return "clear text";
        }
    }

    /** As crypt(3) made it, its setting in front. */
    record Crypted(String hash) implements StoredPassword {
        @Override
        public String toString() {
            return "crypt " + scheme();
        }

        /** {@code $6$} and the like; {@code DES} for the hashes that have no such mark. */
        public String scheme() {
            int end = hash.startsWith("$") ? hash.indexOf('$', 1) : -1;
            return end > 0 ? hash.substring(0, end + 1) : "DES";
        }
    }

    /**
     * A digest of the password, or of the password and a salt: Dovecot's SSHA512 and its kin.
     *
     * @param algorithm as MessageDigest calls it
     * @param digest an octet string
     * @param salt an octet string, hashed behind the password; empty where there is none
     */
    record Digested(String algorithm, String digest, String salt) implements StoredPassword {
        @Override
        public String toString() {
            return algorithm + (salt.isEmpty() ? "" : ", salted");
        }
    }

    /**
     * No password opens this account: locked, or without one.
     *
     * @param why for the log
     */
    record Locked(String why) implements StoredPassword {}

    /**
     * A form that cannot be checked here. The account is the administrator's mistake, not the user's.
     *
     * @param why for the log
     */
    record NotSupported(String why) implements StoredPassword {}
}
