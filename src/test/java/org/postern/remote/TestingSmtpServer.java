package org.postern.remote;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;

/**
 * An SMTP server on loopback that answers as told, by a whole command or its first word: {@code greeting}, {@code EHLO},
 * {@code HELO}, {@code MAIL}, {@code RCPT}, {@code DATA}, {@code .}, {@code QUIT}. An answer of {@code <close>} closes
 * the connection, {@code <silence>} leaves it open and says nothing. A script sees the whole line, and answers it itself or
 * says null. With certificates, TLS begins behind a 220 to STARTTLS.
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
    private final Supplier<UnaryOperator<String>> scripts;
    private final @Nullable SSLContext tls;
    private final List<List<String>> sessions = new CopyOnWriteArrayList<>();

    private TestingSmtpServer(
            ServerSocket listener, Supplier<UnaryOperator<String>> scripts, @Nullable SSLContext tls) {
        this.listener = listener;
        this.scripts = scripts;
        this.tls = tls;
    }

    public static TestingSmtpServer answering(Map<String, String> answers) throws IOException {
        return at(InetAddress.getLoopbackAddress(), 0, answers);
    }

    /** One that goes on with a listener at which connections may wait already. */
    public static TestingSmtpServer on(ServerSocket listener, Map<String, String> answers) {
        return start(new TestingSmtpServer(
                listener, () -> line -> answers.getOrDefault(line, answers.get(word(line))), null));
    }

    public static TestingSmtpServer at(InetAddress address, int port, Map<String, String> answers) throws IOException {
        return on(new ServerSocket(port, 50, address), answers);
    }

    /** @param scripts gives each session one; a script is asked for the greeting and each line behind it */
    static TestingSmtpServer scripted(Supplier<UnaryOperator<String>> scripts, SSLContext tls) throws IOException {
        return start(new TestingSmtpServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), scripts, tls));
    }

    private static TestingSmtpServer start(TestingSmtpServer server) {
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

    private void serve(Socket accepted, List<String> lines) {
        Socket socket = accepted;
        UnaryOperator<String> script = scripts.get();
        try (accepted) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            boolean data = false;
            String answer = answer(script, "greeting");
            while (!answer.equals("<close>")) {
                if (!answer.equals("<silence>")) {
                    socket.getOutputStream().write(Octets.bytes(answer));
                }
                if (tls != null && lines.contains("STARTTLS\r\n") && socket == accepted && answer.startsWith("220")) {
                    socket = serverSide(tls, accepted);
                    in = new BufferedInputStream(socket.getInputStream());
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
                answer = answer(script, data ? "." : line.stripTrailing());
                data = !data && line.equals("DATA\r\n") && answer.startsWith("3");
            }
        } catch (IOException e) {
            // The client has gone; what it sent is kept.
            return;
        }
    }

    private static Socket serverSide(SSLContext tls, Socket socket) throws IOException {
        SSLSocket secured = (SSLSocket) tls.getSocketFactory().createSocket(socket, null, socket.getPort(), true);
        secured.setUseClientMode(false);
        return secured;
    }

    /** A line with its end, whatever octets are in it; a lone CR does not end it. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            line.append((char) c);
            if (c == '\n') {
                return line.toString();
            }
        }
        return "";
    }

    private static String answer(UnaryOperator<String> script, String line) {
        String answer = script.apply(line);
        return answer != null ? answer : DEFAULTS.getOrDefault(word(line), "502 unimplemented\r\n");
    }

    private static String word(String line) {
        return line.split("[ :]", 2)[0];
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
