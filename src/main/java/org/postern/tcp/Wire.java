package org.postern.tcp;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;

/** The two directions of a session, unbuffered: a socket, or a process's descriptors 0 and 1. */
public interface Wire extends Closeable {
    /**
     * Waits for octets and takes what is there, at most {@code length}.
     *
     * @return how many; -1 at the end
     * @throws java.net.SocketTimeoutException when nothing came within the limit
     */
    int read(byte[] into, int offset, int length, Duration limit) throws IOException;

    /**
     * Writes all of it.
     *
     * @throws java.net.SocketTimeoutException when the other side took nothing for the limit; the wire is then closed
     */
    void write(byte[] from, int offset, int length, Duration limit) throws IOException;

    /** The real descriptor that a foreign program gets as its 0; for a socket the socket itself. */
    int inputDescriptor() throws IOException;

    /** The real descriptor that a foreign program gets as its 1. */
    int outputDescriptor() throws IOException;

    /** Nothing more will be written; what is under way is still delivered. */
    void shutdownOutput() throws IOException;
}
