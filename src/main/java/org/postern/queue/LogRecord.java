package org.postern.queue;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    Pattern LINE = Pattern.compile("(?:M ([0-9a-f]{16}) (\\S+) ([0-9]{1,10}) ([0-9a-f]{8})|D ([0-9a-f]{16}) (\\S+))");

    /** No line is longer. */
    int LONGEST_LINE = 128;

    int HEAD_OCTETS = 35;

    static byte[] head(String token) {
        return Octets.bytes("postern-segment 1 " + token + "\n");
    }

    /** The line in front of a message's octets. */
    static byte[] message(String token, MessageName name, byte[] octets) {
        return line("M " + token + " " + name + " " + octets.length + " " + MessageFile.hex(MessageFile.crc(octets)));
    }

    static byte[] done(String token, MessageName name) {
        return line("D " + token + " " + name);
    }

    private static byte[] line(String text) {
        byte[] octets = Octets.bytes(text);
        return Octets.bytes(text + " " + MessageFile.hex(MessageFile.crc(octets)) + "\n");
    }

    /** The parts of a line whose check sum and token are right; null for any other. */
    static @org.jspecify.annotations.Nullable Matcher parse(String line, String token) {
        int space = line.lastIndexOf(' ');
        if (space < 0) {
            return null;
        }
        String text = line.substring(0, space);
        Matcher parts = LINE.matcher(text);
        return parts.matches()
                        && token.equals(parts.group(1) != null ? parts.group(1) : parts.group(5))
                        && line.substring(space + 1).equals(MessageFile.hex(MessageFile.crc(Octets.bytes(text))))
                ? parts
                : null;
    }
}
