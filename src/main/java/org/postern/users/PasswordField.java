package org.postern.users;

import java.util.Base64;
import java.util.HexFormat;
import org.postern.os.Octets;

/** Reads the password field of an account: {@code {SCHEME}data} of a passwd-file, or what shadow(5) has. */
final class PasswordField {
    private static final String CRYPT_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private PasswordField() {}

    /** A field of shadow(5) or passwd(5): never anything but crypt's. */
    static StoredPassword ofSystem(String field) {
        return crypted(field, "", "passwd -u, or passwd, sets one");
    }

    /**
     * A field of a passwd-file: a scheme in braces, perhaps with an encoding ({@code {PLAIN.B64}}), or without one
     * what crypt(3) made, as Dovecot reads it.
     */
    static StoredPassword ofFile(String field) {
        int brace = field.startsWith("{") ? field.indexOf('}') : -1;
        if (brace < 0) {
            return crypted(field, "", "clear text is written {PLAIN}...");
        }
        String scheme = Octets.upperCase(field.substring(1, brace));
        String data = field.substring(brace + 1);
        int dot = scheme.indexOf('.');
        String name = dot < 0 ? scheme : scheme.substring(0, dot);
        String encoding = dot < 0 ? "" : scheme.substring(dot + 1);
        try {
            return switch (name) {
                case "PLAIN", "CLEARTEXT", "CLEAR" -> clear(text(data, encoding));
                case "CRYPT" -> crypted(text(data, encoding), "", "the field is no hash of crypt(3)");
                case "DES-CRYPT" -> crypted(text(data, encoding), "", "the field is no DES hash");
                case "MD5-CRYPT", "MD5" -> crypted(text(data, encoding), "$1$", name);
                case "BLF-CRYPT" -> crypted(text(data, encoding), "$2", name);
                case "SHA256-CRYPT" -> crypted(text(data, encoding), "$5$", name);
                case "SHA512-CRYPT" -> crypted(text(data, encoding), "$6$", name);
                case "ARGON2I" -> crypted(text(data, encoding), "$argon2i$", name);
                case "ARGON2ID" -> crypted(text(data, encoding), "$argon2id$", name);
                case "PLAIN-MD5" -> digested("MD5", 16, octets(data, encoding.isEmpty() ? "HEX" : encoding), name);
                case "LDAP-MD5", "SMD5" -> digested("MD5", 16, base64(data, encoding), name);
                case "SHA", "SHA1", "SSHA" -> digested("SHA-1", 20, base64(data, encoding), name);
                case "SHA256", "SSHA256" -> digested("SHA-256", 32, base64(data, encoding), name);
                case "SHA512", "SSHA512" -> digested("SHA-512", 64, base64(data, encoding), name);
                default ->
                    new StoredPassword.NotSupported("password scheme {" + Octets.word(scheme)
                            + "} is not supported: docs/users.md lists those that are");
            };
        } catch (IllegalArgumentException e) {
            return new StoredPassword.NotSupported("password of scheme {" + Octets.word(scheme) + "} is not "
                    + (encoding.isEmpty() ? "base64 or hex" : Octets.word(encoding)));
        }
    }

    private static StoredPassword clear(String password) {
        return password.isEmpty()
                ? new StoredPassword.Locked("its password is empty")
                : new StoredPassword.Clear(password);
    }

    /**
     * What crypt(3) made, or the marks that lock an account.
     *
     * @param mark what the hash begins with in the named scheme; empty where any will do
     * @param hint the scheme, or what to do where it is no hash
     */
    private static StoredPassword crypted(String hash, String mark, String hint) {
        if (hash.isEmpty()) {
            return new StoredPassword.Locked("its password is empty");
        }
        if (hash.charAt(0) == '!' || hash.charAt(0) == '*') {
            return new StoredPassword.Locked("its password is locked");
        }
        if (hash.equals("x")) {
            return new StoredPassword.Locked("its password field is x: the hash stands elsewhere, as in /etc/shadow");
        }
        if (!mark.isEmpty() && !hash.startsWith(mark)) {
            return new StoredPassword.NotSupported("password of scheme {" + hint + "} does not begin with " + mark);
        }
        if (hash.charAt(0) != '$' && hash.charAt(0) != '_' && !isDes(hash)) {
            return new StoredPassword.NotSupported("password field is no hash of crypt(3): " + hint);
        }
        return new StoredPassword.Crypted(hash);
    }

    /** Two octets of salt and eleven of hash, as often as the password has eight (bigcrypt). */
    private static boolean isDes(String hash) {
        return hash.length() >= 13
                && (hash.length() - 2) % 11 == 0
                && hash.chars().allMatch(c -> CRYPT_ALPHABET.indexOf(c) >= 0);
    }

    private static StoredPassword digested(String algorithm, int size, byte[] octets, String scheme) {
        boolean salted = scheme.startsWith("SS") || scheme.equals("SMD5");
        if (octets.length < size || (!salted && octets.length > size)) {
            return new StoredPassword.NotSupported("password of scheme {" + scheme + "} has " + octets.length
                    + " octets, where the digest has " + size);
        }
        return new StoredPassword.Digested(
                algorithm, Octets.of(octets, 0, size), Octets.of(octets, size, octets.length - size));
    }

    private static String text(String data, String encoding) {
        return encoding.isEmpty() ? data : Octets.of(octets(data, encoding));
    }

    private static byte[] base64(String data, String encoding) {
        return octets(data, encoding.isEmpty() ? "B64" : encoding);
    }

    /** Dovecot's encodings of a scheme. */
    private static byte[] octets(String data, String encoding) {
        return switch (encoding) {
            case "B64", "BASE64" -> Base64.getDecoder().decode(data);
            case "HEX" -> HexFormat.of().parseHex(data);
            default -> throw new IllegalArgumentException(encoding);
        };
    }
}
