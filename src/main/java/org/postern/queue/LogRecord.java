package org.postern.queue;

import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;

/**
 * The records of a segment. Each begins with a line that has a check sum of its own and the segment's token, 16 random
 * digits: without the token nobody can send a message whose text, after a torn record, looks like a record.
 *
 * <pre>
 * M TOKEN NAME LENGTH CRC-OF-OCTETS CRC-OF-LINE LF, and LENGTH octets: as in mess/, message, envelope, footer
 * D TOKEN NAME CRC-OF-LINE LF: the message is done, or has a file in mess/
 * </pre>
 */
sealed interface LogRecord {
    MessageName name();

    /** @param offset of its octets in the segment */
    record Message(MessageName name, long offset, int length) implements LogRecord {}

    record Done(MessageName name) implements LogRecord {}

    /** What a segment begins with: a name of the form, and the token. */
    Pattern HEAD = Pattern.compile("postern-segment 1 ([0-9a-f]{16})\n");

    /** Of a message's octets: more digits are no length. */
    int LENGTH_DIGITS = 10;

    /**
     * What a line says.
     *
     * @param length of the octets behind it; negative where the message is done
     * @param crc theirs
     */
    record Line(MessageName name, long length, long crc) {}

    int CRC_DIGITS = 8;

    /** No line is longer. */
    int LONGEST_LINE = 128;

    int HEAD_OCTETS = 35;

    /** The letter, the token, and a blank behind each. */
    int PREFIX = 19;

    static byte[] head(String token) {
        return Octets.bytes("postern-segment 1 " + token + "\n");
    }

    /** The line in front of a message's octets. */
    static byte[] message(String token, MessageName name, byte[] octets) {
        return line(String.format(Locale.ROOT, "M %s %s %d %08x", token, name, octets.length, MessageFile.crc(octets)));
    }

    static byte[] done(String token, MessageName name) {
        return line("D " + token + " " + name);
    }

    private static byte[] line(String text) {
        byte[] octets = Octets.bytes(text);
        return Octets.bytes(String.format(Locale.ROOT, "%s %08x\n", text, MessageFile.crc(octets)));
    }

    /** A line whose check sum and token are right; null for any other. */
    static @Nullable Line parse(String line, String token) {
        int crc = line.lastIndexOf(' ');
        String begin = crc < 0 ? "" : line.substring(0, crc);
        boolean right = begin.length() > PREFIX
                && begin.charAt(1) == ' '
                && begin.startsWith(token + " ", 2)
                && line.substring(crc + 1).equals(hex(MessageFile.crc(Octets.bytes(begin))));
        return !right
                ? null
                : switch (begin.charAt(0)) {
                    case 'M' -> message(begin.substring(PREFIX).split(" ", -1));
                    case 'D' -> line(begin.substring(PREFIX), -1, 0);
                    default -> null;
                };
    }

    private static @Nullable Line message(String[] parts) {
        if (parts.length != 3 || parts[1].length() > LENGTH_DIGITS || parts[2].length() != CRC_DIGITS) {
            return null;
        }
        long length = MessageFile.number(Octets.bytes(parts[1]), 10);
        long crc = MessageFile.number(Octets.bytes(parts[2]), 16);
        return length < 0 || crc < 0 || parts[1].isEmpty() ? null : line(parts[0], length, crc);
    }

    private static @Nullable Line line(String name, long length, long crc) {
        return MessageName.parse(name)
                .map(known -> new Line(known, length, crc))
                .orElse(null);
    }

    private static String hex(long crc) {
        return HexFormat.of().toHexDigits(crc, CRC_DIGITS);
    }
}
