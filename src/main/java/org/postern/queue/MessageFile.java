package org.postern.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;

/**
 * A message's file: the message, the envelope, a footer that says where the one ends and the other begins.
 *
 * @param messageLength how many octets, from the file's beginning, are the message
 * @param envelope the fields behind it
 */
record MessageFile(long messageLength, StoredEnvelope envelope) {
    static final int FOOTER = 43;
    private static final Pattern FOOTER_FORM = Pattern.compile("P1 ([0-9]{19}) ([0-9]{10}) ([0-9a-f]{8})\n");

    /** The file is not one that was written to its end. */
    static final class Malformed extends IOException {
        private static final long serialVersionUID = 1L;

        private final String what;

        Malformed(String what) {
            super(what);
            this.what = what;
        }

        String what() {
            return what;
        }
    }

    static byte[] footer(long messageLength, byte[] envelope) {
        return Octets.bytes("P1 " + padded(messageLength, 19) + " " + padded(envelope.length, 10) + " "
                + hex(crc(envelope)) + "\n");
    }

    private static String padded(long number, int width) {
        String digits = Long.toString(number);
        return "0".repeat(width - digits.length()) + digits;
    }

    /** A check sum as it is written. */
    static String hex(long crc) {
        return HexFormat.of().toHexDigits(crc, 8);
    }

    /** Reads octets of a file. */
    @FunctionalInterface
    interface Octetwise {
        byte[] read(long position, int length) throws IOException;
    }

    /** What a message of so many octets and its envelope are in a file. */
    static byte[] octets(byte[] message, int length, byte[] envelope) {
        byte[] octets = Arrays.copyOf(message, length + envelope.length + FOOTER);
        System.arraycopy(envelope, 0, octets, length, envelope.length);
        System.arraycopy(footer(length, envelope), 0, octets, length + envelope.length, FOOTER);
        return octets;
    }

    /**
     * Reads the footer and the envelope; of the message nothing.
     *
     * @param offset where the message begins
     * @param size of message, envelope and footer
     */
    static MessageFile read(FileChannel channel, long offset, long size) throws IOException {
        return read((position, length) -> read(channel, offset + position, length), size);
    }

    /** The same of octets in memory. */
    static MessageFile of(byte[] octets) throws IOException {
        return read(
                (position, length) -> Arrays.copyOfRange(octets, (int) position, (int) position + length),
                octets.length);
    }

    static MessageFile read(Octetwise file, long size) throws IOException {
        if (size < FOOTER) {
            throw new Malformed("shorter than its footer");
        }
        Matcher footer = FOOTER_FORM.matcher(Octets.of(file.read(size - FOOTER, FOOTER)));
        if (!footer.matches()) {
            throw new Malformed("no footer at its end");
        }
        long envelopeLength = Long.parseLong(footer.group(2));
        long messageLength = size - FOOTER - envelopeLength;
        if (envelopeLength > StoredEnvelope.MAX_OCTETS || messageLength != Long.parseLong(footer.group(1))) {
            throw new Malformed("lengths in the footer are not those of the file");
        }
        byte[] envelope = file.read(messageLength, (int) envelopeLength);
        if (crc(envelope) != Long.parseLong(footer.group(3), 16)) {
            throw new Malformed("envelope damaged");
        }
        return new MessageFile(
                messageLength,
                StoredEnvelope.parse(envelope).orElseThrow(() -> new Malformed("unknown field in the envelope")));
    }

    Outline outline(@Nullable Marks marks) {
        return new Outline(envelope.raw(), messageLength, marks);
    }

    static byte[] read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        long at = position;
        while (buffer.hasRemaining()) {
            int n = channel.read(buffer, at);
            if (n < 0) {
                throw new Malformed("became shorter while being read");
            }
            at += n;
        }
        return buffer.array();
    }

    static long crc(byte[] octets) {
        CRC32 crc = new CRC32();
        crc.update(octets);
        return crc.getValue();
    }
}
