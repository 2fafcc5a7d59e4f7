package org.postern.control;

import java.nio.ByteBuffer;
import org.postern.os.Octets;

/**
 * A piece of an answer: a letter, four octets that say how long the rest is, the most significant first, and the rest. The
 * exit code comes last; an answer without it was cut.
 */
sealed interface Frame {
    int HEAD = 5;
    /** No frame has more behind its head. */
    int MOST = 64 << 10;

    /** For standard output. */
    record Out(String octets) implements Frame {}

    /** For standard error: one line, without its end. */
    record Error(String line) implements Frame {}

    record Exit(int code) implements Frame {}

    /** What is no frame. */
    record Malformed() implements Frame {}

    static byte[] head(char letter, int length) {
        return ByteBuffer.allocate(HEAD).put((byte) letter).putInt(length).array();
    }

    static Frame of(byte letter, byte[] rest) {
        return switch (letter) {
            case 'o' -> new Out(Octets.of(rest));
            case 'e' -> new Error(Octets.of(rest));
            case 'x' -> rest.length == 1 ? new Exit(rest[0] & 0xff) : new Malformed();
            default -> new Malformed();
        };
    }
}
