package org.postern;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that says lines and reads answers, over a socket of this machine. Chars are octets. */
final class TestingClient implements Closeable {
    private static final int LIMIT_MILLIS = 60_000;

    private final Socket socket = new Socket();

    /** Connects and reads the greeting. */
    private final String greeting;

    /** @param from the address to come from */
    TestingClient(String from, String to, int port) throws IOException {
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.setSoTimeout(LIMIT_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral(to), port), LIMIT_MILLIS);
        greeting = line();
    }

    String greeting() {
        return greeting;
    }

    /** Sends the line and reads one answer: for SMTP its last line, for POP3 its first. */
    String say(String line) throws IOException {
        send(line + "\r\n");
        String answer = line();
        while (answer.length() > 3 && answer.charAt(3) == '-' && Character.isDigit(answer.charAt(0))) {
            answer = line();
        }
        return answer;
    }

    /** Sends the line and reads all of an SMTP answer. */
    String sayForAll(String line) throws IOException {
        send(line + "\r\n");
        StringBuilder all = new StringBuilder();
        String answer;
        do {
            answer = line();
            all.append(answer).append('\n');
        } while (answer.length() > 3 && answer.charAt(3) == '-');
        return all.toString();
    }

    void send(String octets) throws IOException {
        socket.getOutputStream().write(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A text without its end. */
    void send(TestingLargeText text) throws IOException {
        text.writeTo(socket.getOutputStream());
    }

    /** Whether the text comes now; what comes behind it may be read with it, so nothing is to be said any more. */
    boolean receives(TestingLargeText text) throws IOException {
        return text.isIn(socket.getInputStream());
    }

    /** The next line without its end; empty where the server has closed. */
    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = socket.getInputStream().read();
                c >= 0 && c != '\n';
                c = socket.getInputStream().read()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    /** Logs in by POP3 and quits; the answer to PASS. */
    static String login(String from, int port, String user, String password) throws IOException {
        try (TestingClient pop = new TestingClient(from, "127.0.0.1", port)) {
            pop.say("USER " + user);
            String answer = pop.say("PASS " + password);
            // A refused login closes the connection.
            if (answer.startsWith("+OK")) {
                pop.say("QUIT");
            }
            return answer;
        }
    }

    /** The answer to RCPT TO of a new transaction. */
    static String recipient(String from, int port, String sender, String recipient) throws IOException {
        try (TestingClient smtp = new TestingClient(from, "127.0.0.1", port)) {
            smtp.say("HELO client.example");
            smtp.say("MAIL FROM:<" + sender + ">");
            String answer = smtp.say("RCPT TO:<" + recipient + ">");
            smtp.say("QUIT");
            return answer;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
