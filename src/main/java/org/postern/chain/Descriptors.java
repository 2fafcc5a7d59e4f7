package org.postern.chain;

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.tcp.Connection;

/**
 * A program's descriptors.
 *
 * @param connection 0 and 1
 * @param log 2
 * @param others 3 and above, and 0 or 1 where they are something else than the connection (qmail-queue reads both)
 */
public record Descriptors(Connection connection, Log log, Map<Integer, Other> others) {
    /** qmail-queue's own, for all of its run: nobody holds a session open for ever (qmail-queue.c, DEATH). */
    private static final Duration READ_LIMIT = Duration.ofHours(24);

    public Descriptors {
        others = Map.copyOf(others);
    }

    public Descriptors(Connection connection, Log log) {
        this(connection, log, Map.of());
    }

    /** A descriptor that is not the connection. */
    public sealed interface Other {
        /**
         * These octets and then the end: a pipe, for a foreign program.
         *
         * @param leftBehind is run when a program that had it goes on as another one without it. For checkpassword's
         *     descriptor 3 that is the moment when the password was proved (cr.yp.to/checkpwd/interface.html). Not run
         *     where that happens among foreign programs, which nobody sees
         */
        record Data(String octets, Runnable leftBehind) implements Other {
            public Data(String octets) {
                this(octets, () -> {});
            }
        }

        /** A descriptor that is open in this process. */
        record Open(int descriptor) implements Other {}
    }

    public Descriptors with(int number, Other other) {
        Map<Integer, Other> changed = new TreeMap<>(others);
        changed.put(number, other);
        return new Descriptors(connection, log, changed);
    }

    public Descriptors without(int number) {
        Map<Integer, Other> changed = new TreeMap<>(others);
        changed.remove(number);
        return new Descriptors(connection, log, changed);
    }

    /** A program goes on as another one, which has those descriptors. */
    void becoming(Descriptors next) {
        others.forEach((number, other) -> {
            if (other instanceof Other.Data data && !next.others.containsKey(number)) {
                data.leftBehind.run();
            }
        });
    }

    /** Reads a descriptor to be read as a whole; one that is open elsewhere too, with its offset, is read itself. */
    public InputStream input(int number) throws IOException {
        return switch (others.get(number)) {
            case Other.Data data -> new ByteArrayInputStream(Octets.bytes(data.octets));
            case Other.Open open -> reading(open.descriptor);
            case null ->
                switch (number) {
                    case 0 -> connection.input(READ_LIMIT);
                    case 1 ->
                        connection.wire().outputDescriptor()
                                        == connection.wire().inputDescriptor()
                                ? connection.input(READ_LIMIT)
                                : reading(connection.wire().outputDescriptor());
                    default -> throw new OsException("read", Errno.EBADF.number());
                };
        };
    }

    /**
     * Goes back to the beginning of what {@link #input} reads, which another program may have read before.
     *
     * @throws OsException ESPIPE where it is a pipe or a socket: what was read is gone
     */
    public void rewind(int number) throws IOException {
        switch (others.get(number)) {
            case Other.Data _ -> {} // Each input begins there.
            case Other.Open open -> Descriptor.rewind(open.descriptor);
            case null -> {
                Descriptor.rewind(number == 0 ? connection.wire().inputDescriptor() : number);
                connection.discardInput();
            }
        }
    }

    /** Closing the stream leaves the descriptor itself open. */
    private static InputStream reading(int descriptor) throws IOException {
        return new FileInputStream(Descriptor.java(Descriptor.duplicate(descriptor, 3)));
    }
}
