package org.postern.queue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Locale;
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
    private static final int PIECE = 64 << 10;

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
        return Octets.bytes(
                String.format(Locale.ROOT, "P1 %019d %010d %08x\n", messageLength, envelope.length, crc(envelope)));
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

    static MessageFile read(Octetwise file, long size) throws IOException {
        return read(file, Footer.read(file, size));
    }

    static MessageFile read(Octetwise file, Footer footer) throws IOException {
        byte[] envelope = file.read(footer.messageLength, footer.envelopeLength);
        if (crc(envelope) != footer.crc) {
            throw new Malformed("envelope damaged");
        }
        return new MessageFile(
                footer.messageLength,
                StoredEnvelope.parse(envelope).orElseThrow(() -> new Malformed("unknown field in the envelope")));
    }

    /** What the end of a file says of the rest. */
    record Footer(long messageLength, int envelopeLength, long crc) {
        /** Where its numbers begin, and where the last one ends. */
        private static final int LENGTH_AT = 3;

        private static final int ENVELOPE_AT = 23;
        private static final int CRC_AT = 34;
        private static final int END_AT = 42;

        static Footer read(FileChannel channel, long size) throws IOException {
            return read((position, length) -> MessageFile.read(channel, position, length), size);
        }

        private static Footer read(Octetwise file, long size) throws IOException {
            if (size < FOOTER) {
                throw new Malformed("shorter than its footer");
            }
            byte[] octets = file.read(size - FOOTER, FOOTER);
            long length = number(octets, LENGTH_AT, ENVELOPE_AT - 1, 10);
            long envelope = number(octets, ENVELOPE_AT, CRC_AT - 1, 10);
            long crc = number(octets, CRC_AT, END_AT, 16);
            boolean form = octets[0] == 'P'
                    && octets[1] == '1'
                    && octets[LENGTH_AT - 1] == ' '
                    && octets[ENVELOPE_AT - 1] == ' '
                    && octets[CRC_AT - 1] == ' '
                    && octets[END_AT] == '\n';
            if (!form || length < 0 || envelope < 0 || crc < 0) {
                throw new Malformed("no footer at its end");
            }
            if (envelope > StoredEnvelope.MAX_OCTETS || length != size - FOOTER - envelope) {
                throw new Malformed("lengths in the footer are not those of the file");
            }
            return new Footer(length, (int) envelope, crc);
        }
    }

    /** A number in digits (small letters) and nothing else; negative where it is none, or too large for a long. */
    static long number(byte[] digits, int radix) {
        return number(digits, 0, digits.length, radix);
    }

    private static long number(byte[] octets, int from, int to, int radix) {
        long number = 0;
        for (int i = from; i < to && number >= 0; i++) {
            int digit = digit(octets[i]);
            number = digit < 0 || digit >= radix ? -1 : number * radix + digit;
        }
        return number;
    }

    private static int digit(byte octet) {
        return octet >= '0' && octet <= '9' ? octet - '0' : octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
    }

    Outline outline(@Nullable Marks marks) {
        return new Outline(envelope.raw(), messageLength, marks);
    }

    /** As a list of the queue shows it. */
    Listed listed(MessageName name, @Nullable Marks marks) {
        return Listed.of(
                name,
                messageLength,
                envelope,
                marks == null ? null : marks.finished(),
                marks != null && marks.hasFailures());
    }

    /** In pieces: the JVM keeps a buffer outside its heap as large as the largest read of a thread. */
    static byte[] read(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.position() < length) {
            buffer.limit(Math.min(length, buffer.position() + PIECE));
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new Malformed("became shorter while being read");
            }
        }
        return buffer.array();
    }

    static long crc(byte[] octets) {
        CRC32 crc = new CRC32();
        crc.update(octets);
        return crc.getValue();
    }
}
