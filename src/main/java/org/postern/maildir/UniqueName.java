package org.postern.maildir;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/**
 * The parts of a file's name in a Maildir: {@code seconds.token.host,S=…,W=…}. The token is made of the delivery's id
 * and begins with Q or H, which no other writer's second part does.
 */
final class UniqueName {
    /** With seconds, host and sizes a name then stays within the 70 octets of a POP3 unique-id (RFC 1939 §7). */
    private static final int LONGEST_ID = 24;

    private static final int HASH_CHARS = 22;

    private UniqueName() {}

    /** Q and the id where that is short and plain, otherwise H and a hash of it. */
    static String token(String deliveryId) {
        return isPlain(deliveryId) ? "Q" + deliveryId : "H" + hash(deliveryId);
    }

    private static boolean isPlain(String id) {
        return !id.isEmpty()
                && id.length() <= LONGEST_ID
                && id.chars()
                        .allMatch(c -> c >= 'a' && c <= 'z'
                                || c >= 'A' && c <= 'Z'
                                || c >= '0' && c <= '9'
                                || c == '-'
                                || c == '_');
    }

    private static String hash(String id) {
        try {
            byte[] sum = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().encodeToString(sum).substring(0, HASH_CHARS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The token of a name that is ours. */
    static Optional<String> tokenOf(String fileName) {
        int from = fileName.indexOf('.') + 1;
        int to = fileName.indexOf('.', from);
        return from > 0 && to > from + 1 && (fileName.charAt(from) == 'Q' || fileName.charAt(from) == 'H')
                ? Optional.of(fileName.substring(from, to))
                : Optional.empty();
    }

    /** A host's name with / and : written as the Maildir specification has it. */
    static String host(String name) {
        return name.replace("/", "\\057").replace(":", "\\072");
    }
}
