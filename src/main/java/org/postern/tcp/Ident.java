package org.postern.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import org.postern.os.Octets;

/** Asks the client's machine whose connection this is (RFC 1413): what tcpserver -r puts into TCPREMOTEINFO. */
public final class Ident {
    private static final int PORT = 113;
    private static final int LONGEST_ANSWER = 1000;

    private Ident() {}

    /**
     * The user name, or empty: no such service, an error, or no answer in time.
     *
     * @param limit for the connection, and for the answer again
     */
    public static Optional<String> ask(InetSocketAddress local, InetSocketAddress remote, Duration limit) {
        try (Socket socket = new Socket()) {
            int millis = Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE);
            socket.bind(new InetSocketAddress(local.getAddress(), 0));
            socket.connect(new InetSocketAddress(remote.getAddress(), PORT), millis);
            socket.setSoTimeout(millis);
            String question = remote.getPort() + " , " + local.getPort() + "\r\n";
            socket.getOutputStream().write(Octets.bytes(question));
            return userId(answer(socket.getInputStream(), System.nanoTime() + limit.toNanos()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String answer(InputStream in, long deadline) throws IOException {
        StringBuilder answer = new StringBuilder();
        int c;
        while ((c = in.read()) >= 0 && c != '\n' && answer.length() < LONGEST_ANSWER) {
            if (System.nanoTime() - deadline > 0) {
                return "";
            }
            answer.append((char) c);
        }
        return answer.toString();
    }

    /** {@code 6193, 23 : USERID : UNIX : stjohns}: what stands behind the third colon. */
    static Optional<String> userId(String answer) {
        String[] fields = answer.split(":", 4);
        if (fields.length < 4 || !fields[1].strip().equals("USERID")) {
            return Optional.empty();
        }
        String user = fields[3].replace("\r", "").replaceAll("^[ \t]+", "");
        return user.isEmpty() ? Optional.empty() : Optional.of(user);
    }
}
