package org.postern.pop3d;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import org.postern.auth.Sasl;
import org.postern.tcp.Connection;
import org.postern.tcp.DotWriter;
import org.postern.tcp.Line;

/** Commands in, replies out: the only class of the room that touches the connection. */
final class Dialogue {
    private static final int PIECE = 8192;

    private final Connection connection;
    private final Limits limits;
    private int badCommands;

    Dialogue(Connection connection, Limits limits) {
        this.connection = connection;
        this.limits = limits;
        connection.writeLimit(limits.idle());
    }

    /** Waits for the next command. */
    Command command() throws SessionOver {
        return switch (line(limits.lineOctets())) {
            case Line.Text line -> counted(Command.of(line));
            case Line.TooLong _ -> counted(new Command.TooLong());
            case Line.End _ -> throw new SessionOver("the client has closed");
        };
    }

    /** Waits for the client's line of an exchange, which no other command may interrupt (RFC 5034 §4). */
    Sasl answer(Sasl.Challenge challenge) throws SessionOver {
        write("+ " + challenge.base64() + "\r\n");
        return switch (line(Sasl.LONGEST_LINE)) {
            case Line.Text line -> challenge.answered(line.octets());
            case Line.TooLong _ -> new Sasl.Malformed("line too long");
            case Line.End _ -> throw new SessionOver("the client has closed");
        };
    }

    private Line line(int maxOctets) throws SessionOver {
        try {
            return connection.readLine(maxOctets, limits.idle());
        } catch (SocketTimeoutException e) {
            throw new SessionOver("timed out");
        } catch (IOException e) {
            throw new SessionOver(e);
        }
    }

    private Command counted(Command command) throws SessionOver {
        if (command instanceof Command.Unknown || command instanceof Command.TooLong) {
            badCommands++;
            if (badCommands > limits.badCommands()) {
                last(Reply.err("too many bad commands"));
                throw new SessionOver("too many bad commands");
            }
        }
        return command;
    }

    void say(Reply reply) throws SessionOver {
        write(reply.octets());
        write("\r\n");
    }

    /** A multi-line response (RFC 1939 §3); none of the lines begins with a dot. */
    void say(Reply reply, Iterable<String> lines) throws SessionOver {
        say(reply);
        for (String line : lines) {
            write(line);
            write("\r\n");
        }
        write(".\r\n");
    }

    /** The last word: it is on its way when this returns. */
    void last(Reply reply) throws SessionOver {
        say(reply);
        flush();
    }

    /**
     * A multi-line response that is a message.
     *
     * @param bodyLines how many lines below the header, as TOP asks
     * @throws IOException where the message cannot be read on. The client sees the connection end without a dot, and so
     *     knows that it has not got all of it
     */
    void send(Reply reply, InputStream message, long bodyLines) throws IOException {
        say(reply);
        TopLines top = new TopLines(bodyLines);
        DotWriter writer = new DotWriter(DotWriter.LoneCr.KEPT, this::write);
        byte[] octets = new byte[PIECE];
        for (int n = message.read(octets); n >= 0 && !top.isComplete(); n = message.read(octets)) {
            writer.write(octets, top.wanted(octets, n));
        }
        writer.end();
        write(".\r\n");
    }

    /** Goes on under TLS. */
    void startTls(Connection.Upgrade upgrade) throws SessionOver {
        try {
            connection.startTls(upgrade);
        } catch (IOException e) {
            throw new SessionOver(e);
        }
    }

    /** Sends what is still in the buffer. */
    void flush() throws SessionOver {
        try {
            connection.flush();
        } catch (IOException e) {
            throw new SessionOver(e);
        }
    }

    private void write(String octets) throws SessionOver {
        try {
            connection.write(octets);
        } catch (IOException e) {
            throw new SessionOver(e);
        }
    }

    private void write(byte[] octets, int offset, int length) throws SessionOver {
        try {
            connection.write(octets, offset, length);
        } catch (IOException e) {
            throw new SessionOver(e);
        }
    }
}
