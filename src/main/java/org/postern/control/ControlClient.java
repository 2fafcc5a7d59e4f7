package org.postern.control;

import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.os.OsException;

/** Asks the process that holds a queue. */
public final class ControlClient {
    /** Dropping 100,000 messages takes a while, during which nothing is said. */
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private ControlClient() {}

    /**
     * Asks, and passes the answer on as it comes.
     *
     * @param queue the queue's directory
     * @param error takes lines
     * @return the exit code; empty where nobody serves this queue
     * @throws IOException where who asks is neither root nor the owner, or the answer breaks off
     */
    public static OptionalInt ask(Path queue, Request request, OutputStream out, Consumer<String> error)
            throws IOException {
        try (ControlPlace place = ControlPlace.open(queue);
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            try {
                channel.connect(place.address());
            } catch (ConnectException e) {
                return OptionalInt.empty(); // The socket of a process that was killed.
            } catch (java.net.SocketException e) {
                if (java.nio.file.Files.notExists(place.socket())) {
                    return OptionalInt.empty();
                }
                throw new IOException(ControlPlace.below(queue) + "/socket: " + e.getMessage(), e);
            }
            try (TimedChannel server = new TimedChannel(channel)) {
                server.write(ByteBuffer.wrap(Octets.bytes(RequestText.write(request) + "\n")), PATIENCE);
                return OptionalInt.of(answer(server, out, error));
            }
        } catch (OsException e) {
            return switch (Errno.of(e)) {
                case ENOENT -> OptionalInt.empty();
                case EACCES -> throw new IOException(queue + ": only root and the queue's owner may do this", e);
                case null, default -> throw new IOException(ControlPlace.below(queue) + ": " + Errno.djbText(e), e);
            };
        }
    }

    private static int answer(TimedChannel server, OutputStream out, Consumer<String> error) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(Frame.HEAD + Frame.MOST).limit(0);
        while (true) {
            fill(server, buffer, Frame.HEAD);
            byte letter = buffer.get();
            int length = buffer.getInt();
            if (length < 0 || length > Frame.MOST) {
                throw new IOException("what answers is no Postern of this version");
            }
            fill(server, buffer, length);
            byte[] rest = new byte[length];
            buffer.get(rest);
            switch (Frame.of(letter, rest)) {
                case Frame.Out o -> out.write(o.octets());
                case Frame.Error e -> {
                    out.flush();
                    error.accept(Octets.of(e.octets()));
                }
                case Frame.Exit x -> {
                    out.flush();
                    return x.code();
                }
                case Frame.Malformed _ -> throw new IOException("what answers is no Postern of this version");
            }
        }
    }

    /** Until so many octets can be taken out. */
    private static void fill(TimedChannel server, ByteBuffer buffer, int wanted) throws IOException {
        if (buffer.remaining() < wanted) {
            buffer.compact();
            while (buffer.position() < wanted) {
                if (server.read(buffer, PATIENCE) < 0) {
                    throw new EOFException("the answer broke off: the process that holds the queue has ended");
                }
            }
            buffer.flip();
        }
    }
}
