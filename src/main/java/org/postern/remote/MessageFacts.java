package org.postern.remote;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.postern.mail.MessageSource;

/**
 * What MAIL tells of a message.
 *
 * @param size its octets as sent, the doubled dots not counted twice (RFC 1870 §5)
 * @param eightBit whether an octet has its highest bit set (RFC 6152)
 */
record MessageFacts(long size, boolean eightBit) {
    static MessageFacts of(MessageSource message) throws WireText.Unreadable {
        AtomicLong size = new AtomicLong();
        AtomicBoolean eightBit = new AtomicBoolean();
        WireText text = new WireText((from, offset, length) -> {
            size.addAndGet(length);
            for (int i = offset; i < offset + length && !eightBit.get(); i++) {
                eightBit.set(from[i] < 0);
            }
        });
        try (InputStream in = message.open()) {
            text.send(in);
        } catch (IOException e) {
            throw new WireText.Unreadable(e);
        }
        return new MessageFacts(size.get() - text.doubledDots(), eightBit.get());
    }
}
