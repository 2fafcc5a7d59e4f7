package org.postern.mail;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.postern.os.Octets;

/** A queued message made of an octet string. */
public record TestingMessage(String text) implements MessageSource {
    @Override
    public InputStream open() {
        return new ByteArrayInputStream(Octets.bytes(text));
    }

    @Override
    public long size() {
        return text.length();
    }

    /** One whose disk fails after some octets. */
    public static MessageSource unreadableAfter(String text) {
        return new MessageSource() {
            @Override
            public InputStream open() {
                return new InputStream() {
                    private int at;

                    @Override
                    public int read() throws IOException {
                        if (at == text.length()) {
                            throw new IOException("Input/output error");
                        }
                        return text.charAt(at++);
                    }
                };
            }

            @Override
            public long size() {
                return text.length() + 1L;
            }
        };
    }
}
