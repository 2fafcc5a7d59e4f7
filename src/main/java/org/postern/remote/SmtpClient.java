package org.postern.remote;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.postern.config.SmtpTimeouts;
import org.postern.mail.MessageSource;
import org.postern.mail.Quoting;
import org.postern.tcp.Connection;

/**
 * The client's side of an SMTP session (RFC 5321 §3): opened once, then any number of messages one after the other, each
 * answered by a value. A connection that breaks is an {@link IOException}; nothing more can then be sent.
 */
final class SmtpClient implements Closeable {
    private final Connection connection;
    private final SmtpTimeouts timeouts;
    private final RemoteReply ehlo;
    private boolean possiblyAccepted;

    private SmtpClient(Connection connection, SmtpTimeouts timeouts, RemoteReply ehlo) {
        this.connection = connection;
        this.timeouts = timeouts;
        this.ehlo = ehlo;
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

    /** Waits for the greeting and says hello: EHLO, and HELO to a server that does not know it (RFC 5321 §3.2). */
    static Opening open(Connection connection, String helohost, SmtpTimeouts timeouts) throws IOException {
        connection.writeLimit(timeouts.block());
        RemoteReply greeting = RemoteReply.read(connection, timeouts.greeting());
        if (greeting.code() != 220) {
            quit(connection);
            return new Opening.GreetingFailed(greeting);
        }
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
        return new Opening.Ready(new SmtpClient(connection, timeouts, hello));
    }

    /**
     * Sends a message to one recipient.
     *
     * @param sender the reverse-path, empty for {@code <>}
     */
    Answer send(String sender, String recipient, MessageSource message) throws IOException {
        RemoteReply mail = ask("MAIL FROM:<" + Quoting.address(sender) + ">" + parameters(message));
        if (!mail.isPositive()) {
            return new Answer.SenderRejected(mail);
        }
        RemoteReply rcpt = ask("RCPT TO:<" + Quoting.address(recipient) + ">");
        if (!rcpt.isPositive()) {
            return new Answer.RecipientRejected(rcpt);
        }
        RemoteReply data = ask("DATA");
        if (!data.isIntermediate()) {
            return new Answer.DataRejected(data);
        }
        try (InputStream in = open(message)) {
            new WireText(connection::write).send(in);
        }
        possiblyAccepted = true;
        connection.write(".\r\n");
        RemoteReply end = RemoteReply.read(connection, timeouts.command());
        possiblyAccepted = false;
        return end.isPositive() ? new Answer.Accepted(end) : new Answer.MessageRejected(end);
    }

    /** Whether the connection broke after the message was sent and before it was answered. */
    boolean possiblyAccepted() {
        return possiblyAccepted;
    }

    /** SIZE (RFC 1870) and BODY (RFC 6152), where the server offers them. */
    private String parameters(MessageSource message) throws IOException {
        boolean size = ehlo.offers("SIZE");
        boolean eightBit = ehlo.offers("8BITMIME");
        if (!size && !eightBit) {
            return "";
        }
        MessageFacts facts = MessageFacts.of(message);
        return (size ? " SIZE=" + facts.size() : "") + (eightBit && facts.eightBit() ? " BODY=8BITMIME" : "");
    }

    private static InputStream open(MessageSource message) throws WireText.Unreadable {
        try {
            return message.open();
        } catch (IOException e) {
            throw new WireText.Unreadable(e);
        }
    }

    private RemoteReply ask(String command) throws IOException {
        connection.write(command + "\r\n");
        return RemoteReply.read(connection, timeouts.command());
    }

    private static void quit(Connection connection) throws IOException {
        connection.write("QUIT\r\n");
        connection.flush();
    }

    /** Says goodbye; the answer is not waited for, as in qmail-remote. */
    @Override
    public void close() throws IOException {
        quit(connection);
    }
}
