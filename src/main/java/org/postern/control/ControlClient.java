package org.postern.control;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.tcp.UnixWire;
import org.postern.tcp.Wire;

/** Asks the process that holds a queue. */
public final class ControlClient {
    /** Dropping 100,000 messages takes a while, during which nothing is said. */
    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private static final String OTHER = "what answers is no Postern of this version: restart it";

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
        try (ControlPlace place = ControlPlace.open(queue)) {
            if (Files.notExists(place.socket())) {
                return OptionalInt.empty();
            }
            return ask(place, request, out, error);
        } catch (ConnectException e) {
            return OptionalInt.empty(); // The socket of a process that was killed.
        } catch (OsException e) {
            return switch (Errno.of(e)) {
                case ENOENT -> OptionalInt.empty();
                case EACCES -> throw new IOException(queue + ": only root and the queue's owner may do this", e);
                case null, default -> throw new IOException(ControlPlace.below(queue) + ": " + Errno.djbText(e), e);
            };
        }
    }

    private static OptionalInt ask(ControlPlace place, Request request, OutputStream out, Consumer<String> error)
            throws IOException {
        try (UnixWire server = UnixWire.connect(place.socket())) {
            byte[] line = Octets.bytes(RequestText.write(request) + "\n");
            server.write(line, 0, line.length, PATIENCE);
            return OptionalInt.of(answer(server, out, error));
        }
    }

    private static int answer(Wire server, OutputStream out, Consumer<String> error) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(reading(server), Frame.HEAD + Frame.MOST));
        while (true) {
            byte letter = in.readByte();
            int length = in.readInt();
            if (length < 0 || length > Frame.MOST) {
                throw new IOException(OTHER);
            }
            byte[] rest = new byte[length];
            in.readFully(rest);
            switch (Frame.of(letter, rest)) {
                case Frame.Out o -> out.write(Octets.bytes(o.octets()));
                case Frame.Error e -> {
                    out.flush();
                    error.accept(e.line());
                }
                case Frame.Exit x -> {
                    out.flush();
                    return x.code();
                }
                case Frame.Malformed _ -> throw new IOException(OTHER);
            }
        }
    }

    private static InputStream reading(Wire server) {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                int n = server.read(into, offset, length, PATIENCE);
                if (n < 0) {
                    throw new EOFException("the answer broke off: the process that holds the queue has ended");
                }
                return n;
            }
        };
    }
}
