package org.postern.tcp;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import org.postern.os.Octets;

/** Asks the client's machine whose connection this is (RFC 1413): what tcpserver -r puts into TCPREMOTEINFO. */
public final class Ident {
    private static final int PORT = 113;

    /** What remoteinfo.c of ucspi-tcp 0.88 keeps of a name. */
    private static final int LONGEST_NAME = 257;

    /** How much is read in search of one. */
    private static final int LONGEST_ANSWER = 10_000;

    private Ident() {}

    /**
     * The user's name. It is present and empty where the server knows none; absent where there is no such service, no
     * whole line, or none in time.
     *
     * @param limit for the connection and the answer together
     */
    public static Optional<String> ask(InetSocketAddress local, InetSocketAddress remote, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(local.getAddress(), 0));
            socket.connect(new InetSocketAddress(remote.getAddress(), PORT), millisLeft(deadline));
            String question = remote.getPort() + " , " + local.getPort() + "\r\n";
            socket.getOutputStream().write(Octets.bytes(question));
            InputStream in = new BufferedInputStream(socket.getInputStream());
            return name(() -> {
                socket.setSoTimeout(millisLeft(deadline));
                return in.read();
            });
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static int millisLeft(long deadline) throws SocketTimeoutException {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
            throw new SocketTimeoutException("no answer in time");
        }
        return (int) Math.min(left, Integer.MAX_VALUE);
    }

    /** The next octet, or -1 at the end. */
    interface Source {
        int next() throws IOException;
    }

    /**
     * {@code 6193, 23 : USERID : UNIX : stjohns}: what stands behind the third colon, without blanks. As the original,
     * it goes by the colons alone: {@code 6193, 23 : ERROR : NO-USER} is an empty name.
     */
    static Optional<String> name(Source answer) throws IOException {
        StringBuilder name = new StringBuilder();
        int colons = 0;
        for (int n = 0; n < LONGEST_ANSWER; n++) {
            int c = answer.next();
            switch (c) {
                case -1 -> {
                    return Optional.empty();
                }
                case '\n' -> {
                    return Optional.of(name.toString());
                }
                case ' ', '\t', '\r' -> {}
                default -> {
                    if (colons == 3) {
                        name.append((char) c);
                    } else if (c == ':') {
                        colons++;
                    }
                    if (name.length() == LONGEST_NAME) {
                        return Optional.of(name.toString());
                    }
                }
            }
        }
        return Optional.empty();
    }
}
