package org.postern.maildir;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;

/**
 * The parts of a file's name in a Maildir: {@code seconds.token.host,S=…,W=…}. The token is made of the delivery's id
 * and begins with H, which no other writer's second part does.
 */
final class UniqueName {
    /** With seconds, host and sizes a name then stays within the 70 octets of a POP3 unique-id (RFC 1939 §7). */
    private static final int HASH_CHARS = 22;

    private UniqueName() {}

    /** H and a hash of the id, which would itself be too long: the queue's has some 35 octets. */
    static String token(String deliveryId) {
        return "H" + hash(deliveryId);
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
        return from > 0 && to > from + 1 && fileName.charAt(from) == 'H'
                ? Optional.of(fileName.substring(from, to))
                : Optional.empty();
    }

    /** A host's name with / and : written as the Maildir specification has it. */
    static String host(String name) {
        return name.replace("/", "\\057").replace(":", "\\072");
    }
}
