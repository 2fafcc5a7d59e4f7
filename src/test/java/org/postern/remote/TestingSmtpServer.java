package org.postern.remote;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.postern.os.Octets;

/**
 * An SMTP server on loopback that answers as told, by the first word of a command: {@code greeting}, {@code EHLO},
 * {@code HELO}, {@code MAIL}, {@code RCPT}, {@code DATA}, {@code .}, {@code QUIT}. An answer of {@code <close>} closes
 * the connection, {@code <silence>} leaves it open and says nothing.
 */
public final class TestingSmtpServer implements AutoCloseable {
    private static final Map<String, String> DEFAULTS = Map.of(
            "greeting", "220 sink ESMTP\r\n",
            "EHLO", "502 unimplemented\r\n",
            "HELO", "250 hi\r\n",
            "MAIL", "250 ok m\r\n",
            "RCPT", "250 ok r\r\n",
            "DATA", "354 go\r\n",
            ".", "250 queued as X\r\n",
            "QUIT", "221 bye\r\n");

    private final ServerSocket listener;
    private Thread acceptor;
    private final Map<String, String> answers;
    private final List<List<String>> sessions = new CopyOnWriteArrayList<>();

    private TestingSmtpServer(ServerSocket listener, Map<String, String> answers) {
        this.listener = listener;
        this.answers = answers;
    }

    public static TestingSmtpServer answering(Map<String, String> answers) throws IOException {
        return at(InetAddress.getLoopbackAddress(), 0, answers);
    }

    public static TestingSmtpServer at(InetAddress address, int port, Map<String, String> answers) throws IOException {
        TestingSmtpServer server = new TestingSmtpServer(new ServerSocket(port, 50, address), answers);
        server.acceptor = Thread.ofPlatform().daemon().name("testing-smtp").start(server::accept);
        return server;
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** What the clients have sent, line by line with CR LF, one list a connection. */
    public List<List<String>> sessions() {
        return sessions;
    }

    /** What one client has sent, without EHLO. */
    public String commands() {
        return String.join(
                "",
                sessions.getFirst().stream()
                        .filter(line -> !line.startsWith("EHLO "))
                        .toList());
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                List<String> lines = new CopyOnWriteArrayList<>();
                sessions.add(lines);
                Thread.ofVirtual().start(() -> serve(socket, lines));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket, List<String> lines) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            OutputStream out = socket.getOutputStream();
            boolean data = false;
            String answer = answer("greeting");
            while (!answer.equals("<close>")) {
                if (!answer.equals("<silence>")) {
                    out.write(Octets.bytes(answer));
                }
                String line = line(in);
                while (data && !line.equals(".\r\n") && !line.isEmpty()) {
                    lines.add(line);
                    line = line(in);
                }
                if (line.isEmpty()) {
                    return;
                }
                lines.add(line);
                answer = answer(data ? "." : line.split("[ \r:]", 2)[0]);
                data = !data && line.equals("DATA\r\n") && answer.startsWith("3");
            }
        } catch (IOException e) {
            // The client has gone; what it sent is kept.
            return;
        }
    }

    /** A line with its end, whatever octets are in it; a lone CR does not end it. */
    private static String line(BufferedReader in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            line.append((char) c);
            if (c == '\n') {
                return line.toString();
            }
        }
        return "";
    }

    private String answer(String command) {
        return answers.getOrDefault(command, DEFAULTS.getOrDefault(command, "502 unimplemented\r\n"));
    }

    @Override
    public void close() throws IOException {
        listener.close();
        try {
            // Until then the port may still answer.
            acceptor.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
