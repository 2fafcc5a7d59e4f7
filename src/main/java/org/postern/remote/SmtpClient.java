package org.postern.remote;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.postern.config.SmtpTimeouts;
import org.postern.mail.MessageSource;
import org.postern.mail.Quoting;
import org.postern.tcp.Connection;
import org.postern.tcp.SocketWire;
import org.postern.tcp.TlsWire;

/**
 * The client's side of an SMTP session (RFC 5321 §3): opened once, then any number of messages one after the other, each
 * answered by a value. A connection that breaks is an {@link IOException}; nothing more can then be sent.
 */
final class SmtpClient implements Closeable {
    /** For a word that must be there already. */
    private static final Duration AFTERWARDS = Duration.ofSeconds(1);

    /** RFC 5321 §3.8: the service is closing the connection. */
    private static final int CLOSING = 421;

    private final SocketChannel channel;
    private final Connection connection;
    private final SmtpTimeouts timeouts;
    private final RemoteReply ehlo;
    private final String tls;
    private boolean answered;
    private boolean possiblyAccepted;

    private SmtpClient(
            SocketChannel channel, Connection connection, SmtpTimeouts timeouts, RemoteReply ehlo, String tls) {
        this.channel = channel;
        this.connection = connection;
        this.timeouts = timeouts;
        this.ehlo = ehlo;
        this.tls = tls;
    }

    /** What came of the beginning. */
    sealed interface Opening {
        record Ready(SmtpClient client) implements Opening {}

        record GreetingFailed(RemoteReply reply) implements Opening {}

        record NameRejected(RemoteReply reply) implements Opening {}
    }

    /** What became of a message. */
    sealed interface Answer {
        RemoteReply reply();

        record Accepted(RemoteReply reply) implements Answer {}

        record SenderRejected(RemoteReply reply) implements Answer {}

        record RecipientRejected(RemoteReply reply) implements Answer {}

        record DataRejected(RemoteReply reply) implements Answer {}

        record MessageRejected(RemoteReply reply) implements Answer {}
    }

    /** The handshake failed; nothing can be said on the connection any more. */
    static final class HandshakeFailed extends IOException {
        private static final long serialVersionUID = 1L;

        HandshakeFailed(IOException why) {
            super(why.getMessage(), why);
        }
    }

    /** TLS to be begun with: whose certificate is asked for, and how long the host may be silent. */
    record Tls(SSLContext context, String peer, boolean checked) {
        TlsWire handshake(SocketChannel channel, Duration limit) throws HandshakeFailed {
            try {
                return TlsWire.handshake(channel, context, peer, checked, limit);
            } catch (IOException e) {
                throw new HandshakeFailed(e);
            }
        }
    }

    /** Waits for the greeting and says hello: EHLO, and HELO to a server that does not know it (RFC 5321 §3.2). */
    static Opening open(SocketChannel channel, String helohost, SmtpTimeouts timeouts) throws IOException {
        return open(channel, new Connection(new SocketWire(channel)), helohost, timeouts, "");
    }

    /** The same over TLS from the first octet on (RFC 8314 §3.3). */
    static Opening openTls(SocketChannel channel, Tls tls, String helohost, SmtpTimeouts timeouts) throws IOException {
        TlsWire wire = tls.handshake(channel, timeouts.greeting());
        return open(channel, new Connection(wire), helohost, timeouts, wire.description());
    }

    private static Opening open(
            SocketChannel channel, Connection connection, String helohost, SmtpTimeouts timeouts, String tls)
            throws IOException {
        connection.writeLimit(timeouts.block());
        RemoteReply greeting = RemoteReply.read(connection, timeouts.greeting());
        if (greeting.code() != 220) {
            quit(connection);
            return new Opening.GreetingFailed(greeting);
        }
        return hello(channel, connection, helohost, timeouts, tls);
    }

    private static Opening hello(
            SocketChannel channel, Connection connection, String helohost, SmtpTimeouts timeouts, String tls)
            throws IOException {
        connection.write("EHLO " + helohost + "\r\n");
        RemoteReply hello = RemoteReply.read(connection, timeouts.command());
        if (hello.isPermanent()) {
            connection.write("HELO " + helohost + "\r\n");
            // A HELO reply offers nothing, whatever its lines say.
            RemoteReply plain = RemoteReply.read(connection, timeouts.command());
            hello = new RemoteReply(plain.code(), plain.lines().subList(0, 1));
        }
        if (!hello.isPositive()) {
            quit(connection);
            return new Opening.NameRejected(hello);
        }
        return new Opening.Ready(new SmtpClient(channel, connection, timeouts, hello, tls));
    }

    /** Goes on over TLS, after STARTTLS was answered 220: all that was offered is forgotten (RFC 3207 §4.2). */
    Opening helloTls(Tls with, String helohost) throws IOException {
        if (connection.buffered() > 0) {
            // RFC 3207 §5: what was put behind the answer would be taken for a part of the safe session.
            throw new IOException("something came behind the answer to STARTTLS");
        }
        TlsWire wire = with.handshake(channel, timeouts.command());
        Connection safe = new Connection(wire);
        safe.writeLimit(timeouts.block());
        return hello(channel, safe, helohost, timeouts, wire.description());
    }

    boolean isEncrypted() {
        return !tls.isEmpty();
    }

    /** Protocol and cipher suite; empty without TLS. */
    String tls() {
        return tls;
    }

    boolean offers(String keyword) {
        return ehlo.offers(keyword);
    }

    /** What stands behind a keyword of what is offered, in upper case. */
    Set<String> words(String keyword) {
        return ehlo.words(keyword);
    }

    /** The largest message the host takes, in octets; 0: it does not say (RFC 1870 §4). */
    long sizeLimit() {
        return words("SIZE").stream()
                .filter(word -> word.matches("[0-9]{1,18}"))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(0);
    }

    /**
     * What stands behind MAIL and RCPT.
     *
     * @param address empty for {@code <>}
     * @param parameters each with a blank before it
     */
    record Path(String address, String parameters) {
        @Override
        public String toString() {
            return "<" + Quoting.address(address) + ">" + parameters;
        }
    }

    /** Sends a message to one recipient. */
    Answer send(Path reversePath, Path forwardPath, MessageSource message) throws IOException {
        answered = false;
        String mail = "MAIL FROM:" + reversePath;
        String rcpt = "RCPT TO:" + forwardPath;
        boolean pipelined = ehlo.offers("PIPELINING");
        if (pipelined) {
            connection.write(mail + "\r\n" + rcpt + "\r\nDATA\r\n"); // RFC 2920 §3.1
        }
        RemoteReply toMail = pipelined ? answer(timeouts.command()) : ask(mail, timeouts.command());
        answered = true;
        if (!toMail.isPositive()) {
            passOver(pipelined, toMail, timeouts.rcpt(), timeouts.data());
            return new Answer.SenderRejected(toMail);
        }
        RemoteReply toRcpt = pipelined ? answer(timeouts.rcpt()) : ask(rcpt, timeouts.rcpt());
        if (!toRcpt.isPositive()) {
            passOver(pipelined, toRcpt, timeouts.data());
            return new Answer.RecipientRejected(toRcpt);
        }
        RemoteReply toData = pipelined ? answer(timeouts.data()) : ask("DATA", timeouts.data());
        if (!toData.isIntermediate()) {
            return new Answer.DataRejected(toData);
        }
        try (InputStream in = open(message)) {
            new WireText(connection::write).send(in);
        } catch (WireText.Unreadable e) {
            throw e;
        } catch (IOException e) {
            return refusal(e);
        }
        possiblyAccepted = true;
        RemoteReply end = ask(".", timeouts.end());
        possiblyAccepted = false;
        return end.isPositive() ? new Answer.Accepted(end) : new Answer.MessageRejected(end);
    }

    /**
     * Takes the answers to what was pipelined behind a command that was refused. The refusal counts, whether they come or
     * not: a host that says 421 ends the connection.
     *
     * @param limits for each of them
     */
    private void passOver(boolean pipelined, RemoteReply refusal, Duration... limits) {
        if (!pipelined) {
            return;
        }
        try {
            RemoteReply last = refusal;
            for (Duration limit : limits) {
                if (last.code() == CLOSING) {
                    return;
                }
                last = answer(limit);
            }
            if (last.isIntermediate()) {
                ask(".", timeouts.end()); // RFC 2920 §3.1: it waits for a message that nobody gets.
            }
        } catch (IOException e) {
            drop();
        }
    }

    /** Some hosts refuse a message while it is being sent, and hang up: their word counts, not the broken connection. */
    private Answer refusal(IOException broken) throws IOException {
        try {
            RemoteReply reply = answer(AFTERWARDS);
            if (reply.code() >= 400) {
                return new Answer.MessageRejected(reply);
            }
        } catch (IOException e) {
            broken.addSuppressed(e);
        }
        throw broken;
    }

    /** Whether the latest message has had any answer. */
    boolean wasAnswered() {
        return answered;
    }

    /** Whether the connection broke after the message was sent and before it was answered. */
    boolean possiblyAccepted() {
        return possiblyAccepted;
    }

    private static InputStream open(MessageSource message) throws WireText.Unreadable {
        try {
            return message.open();
        } catch (IOException e) {
            throw new WireText.Unreadable(e);
        }
    }

    /** Sends a command and waits for its answer. */
    RemoteReply ask(String command) throws IOException {
        return ask(command, timeouts.command());
    }

    private RemoteReply ask(String command, Duration limit) throws IOException {
        connection.write(command + "\r\n");
        return answer(limit);
    }

    private RemoteReply answer(Duration limit) throws IOException {
        return RemoteReply.read(connection, limit);
    }

    private static void quit(Connection connection) throws IOException {
        connection.write("QUIT\r\n");
        connection.flush();
    }

    /** Drops the connection without a word, where the dialogue is at no place to end it. */
    void drop() {
        try {
            channel.close();
        } catch (IOException e) {
            // It is gone either way.
            return;
        }
    }

    /** Says goodbye; the answer is not waited for, as in qmail-remote. */
    @Override
    public void close() throws IOException {
        try {
            quit(connection);
        } finally {
            connection.close();
        }
    }
}
