package org.postern.remote;

import java.io.IOException;
import java.io.InputStream;
import org.postern.mail.MessageSource;
import org.postern.tcp.DotWriter;

/**
 * What MAIL tells of a message.
 *
 * @param size its octets as sent, the doubled dots not counted twice (RFC 1870 §5)
 * @param eightBit whether an octet has its highest bit set (RFC 6152)
 * @param eightBitHeader whether one of the header has (RFC 6532)
 */
record MessageFacts(long size, boolean eightBit, boolean eightBitHeader) {
    static MessageFacts of(MessageSource message) throws WireText.Unreadable {
        Counter counter = new Counter();
        WireText text = new WireText(counter);
        try (InputStream in = message.open()) {
            text.send(in);
        } catch (IOException e) {
            throw new WireText.Unreadable(e);
        }
        return new MessageFacts(counter.size - text.doubledDots(), counter.eightBit, counter.eightBitHeader);
    }

    private static final class Counter implements DotWriter.Sink {
        long size;
        boolean eightBit;
        boolean eightBitHeader;
        private boolean inHeader = true;
        private boolean lineIsEmpty = true;

        @Override
        public void write(byte[] from, int offset, int length) {
            size += length;
            for (int i = offset; i < offset + length && !eightBit; i++) {
                eightBit = from[i] < 0;
            }
            for (int i = offset; i < offset + length && inHeader; i++) {
                eightBitHeader |= from[i] < 0;
                inHeader = !(from[i] == '\n' && lineIsEmpty);
                lineIsEmpty = from[i] == '\n' || from[i] == '\r' && lineIsEmpty;
            }
        }
    }
}
