package org.postern;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client's side of a POP3 or SMTP session on loopback, from an address of the test's choice. Chars are octets. */
final class TestingSession implements Closeable {
    private static final int LIMIT_MILLIS = 60_000;

    private final Socket socket = new Socket();
    private final byte[] buffer = new byte[4096];
    private int at;
    private int end;

    /** Connects. */
    TestingSession(String from, int port) throws IOException {
        try {
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(LIMIT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), LIMIT_MILLIS);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** A POP session from this address that has logged in, the reply to PASS read and nothing else done. */
    static TestingSession login(String from, int port, String user, String password) throws IOException {
        TestingSession pop = new TestingSession(from, port);
        try {
            pop.expect("+OK");
            pop.command("USER " + user, "+OK");
            pop.command("PASS " + password, "+OK");
            return pop;
        } catch (IOException e) {
            pop.close();
            throw e;
        }
    }

    /** The whole POP session of one who does nothing but log in. */
    static void loginOnly(String from, int port, String user) throws IOException {
        try (TestingSession pop = login(from, port, user, TestingSite.PASSWORD)) {
            pop.command("QUIT", "+OK");
            if (!pop.rest().isEmpty()) {
                throw new IOException("the server went on after QUIT");
            }
        }
    }

    /** The reply to RCPT for this address, in a new SMTP session from there. */
    static String recipient(String from, int port, String recipient) throws IOException {
        try (TestingSession smtp = new TestingSession(from, port)) {
            smtp.expect("220");
            smtp.command("HELO client.example", "250");
            smtp.command("MAIL FROM:<a@" + TestingSite.ME + ">", "250");
            String reply = smtp.command("RCPT TO:<" + recipient + ">");
            if (!reply.startsWith("421")) {
                smtp.command("QUIT", "221");
            }
            return reply;
        }
    }

    /** Takes and answers a whole SMTP transaction; the reply to the message. */
    String message(String sender, String recipient, String text) throws IOException {
        command("MAIL FROM:<" + sender + ">", "250");
        command("RCPT TO:<" + recipient + ">", "250");
        command("DATA", "354");
        return command(text + ".");
    }

    void say(String octets) throws IOException {
        socket.getOutputStream().write(octets.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A line without its end. */
    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int octet = read(); octet != '\n'; octet = read()) {
            if (octet < 0) {
                throw new EOFException("the server closed the connection" + (line.isEmpty() ? "" : " behind " + line));
            }
            line.append((char) octet);
        }
        return line.toString().stripTrailing();
    }

    private int read() throws IOException {
        if (at == end) {
            at = 0;
            end = Math.max(0, socket.getInputStream().read(buffer));
        }
        return at < end ? buffer[at++] & 0xff : -1;
    }

    /** The last line of the next SMTP reply, or a POP3 status line. */
    String reply() throws IOException {
        String line = line();
        while (line.length() > 3 && line.charAt(3) == '-' && Character.isDigit(line.charAt(0))) {
            line = line();
        }
        return line;
    }

    String expect(String start) throws IOException {
        String reply = reply();
        if (!reply.startsWith(start)) {
            throw new IOException("wanted " + start + ", got " + reply);
        }
        return reply;
    }

    String command(String line) throws IOException {
        say(line + "\r\n");
        return reply();
    }

    String command(String line, String start) throws IOException {
        say(line + "\r\n");
        return expect(start);
    }

    /** All that still comes until the server closes. */
    String rest() throws IOException {
        StringBuilder rest = new StringBuilder();
        for (int octet = read(); octet >= 0; octet = read()) {
            rest.append((char) octet);
        }
        return rest.toString();
    }

    void halfClose() throws IOException {
        socket.shutdownOutput();
    }

    /** Ends the connection with RST. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
