package org.postern.control;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.postern.chain.Log;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.os.PeerCredentials;
import org.postern.tcp.Listener;
import org.postern.tcp.UnixWire;
import org.postern.tcp.Wire;

/** Answers requests on the control socket of a queue, for as long as its process holds the queue. */
public final class ControlServer implements Closeable {
    /** A longer request is refused. */
    static final int LONGEST_REQUEST = 256 << 10;

    /** More clients wait for their turn. */
    private static final int CLIENTS = 8;

    private static final int BACKLOG = 16;
    private static final int FAILED = 111;
    private static final int MISUSED = 100;

    private final ControlPlace place;
    private final Listener listener;
    private final Limits limits;
    private final Log log;

    /**
     * How long is waited.
     *
     * @param request for all of a request
     * @param reader for one who does not read his answer
     * @param end at the end, for requests that are being answered
     */
    record Limits(Duration request, Duration reader, Duration end) {
        static final Limits USUAL = new Limits(Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(10));
    }

    private ControlServer(ControlPlace place, Listener listener, Limits limits, Log log) {
        this.place = place;
        this.listener = listener;
        this.limits = limits;
        this.log = log;
    }

    /**
     * Serves from now on.
     *
     * @param queue the queue's directory, whose lock this process has; its owner and root may ask
     * @throws IOException where there can be no socket, with the reason
     */
    public static ControlServer start(Path queue, Handler handler, Log log) throws IOException {
        return start(queue, handler, Limits.USUAL, log);
    }

    /** As {@link #start}; where there can be none, the log says so, and mail goes on without it. */
    public static Closeable startOrWarn(Path queue, Handler handler, Log log) {
        try {
            return start(queue, handler, log);
        } catch (IOException e) {
            log.line("warning: no control socket, postern queue will not work: " + Errno.djbText(e));
            return () -> {};
        }
    }

    static ControlServer start(Path queue, Handler handler, Limits limits, Log log) throws IOException {
        int owner = (int) Files.getAttribute(queue, "unix:uid");
        ControlPlace place = ControlPlace.make(queue);
        try {
            Listener listener = Listener.open(place.socket(), 0600, BACKLOG, CLIENTS, new AtomicLong());
            ControlServer server = new ControlServer(place, listener, limits, log);
            Clients clients = new Clients(owner, handler, limits, log);
            Thread.ofPlatform().daemon().name("control").start(() -> server.accept(clients));
            return server;
        } catch (IOException e) {
            place.close();
            throw e;
        }
    }

    private void accept(Clients clients) {
        try {
            listener.serve(clients);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** No new requests; those under way are answered, within their limit. */
    @Override
    public void close() throws IOException {
        listener.close();
        try {
            if (!listener.awaitSessions(limits.end)) {
                log.line("warning: control socket: a request is still being worked on");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        listener.cut();
        place.removeSocket();
        place.close();
    }

    private record Clients(int owner, Handler handler, Limits limits, Log log) implements Listener.Service {
        @Override
        public void failed(IOException why) {
            log.line("warning: control socket: unable to accept: " + Errno.djbText(why));
        }

        @Override
        public int run(SocketChannel channel, long id) {
            Wire wire = new UnixWire(channel);
            ToClient answer = new ToClient(wire, limits.reader);
            try {
                int uid = PeerCredentials.of(channel).uid();
                if (uid == 0 || uid == owner) {
                    answer.exit(answer(wire, answer));
                } else {
                    log.line("warning: control socket: uid " + Integer.toUnsignedString(uid) + " refused");
                    answer.error("only root and uid " + owner + " may ask this");
                    answer.exit(FAILED);
                }
            } catch (SocketTimeoutException e) {
                log.line("warning: control socket: a client did nothing for too long");
            } catch (ClientGone e) {
                // Whoever does not wait for the answer, like head, does not need it.
                return 0;
            } catch (IOException | RuntimeException e) {
                log.line("warning: control socket: " + e);
            }
            return 0;
        }

        private int answer(Wire client, ToClient answer) throws IOException {
            try {
                Request request = RequestText.read(line(client));
                int code = handler.answer(request, answer);
                answer.out.flush();
                return code;
            } catch (RequestText.Malformed e) {
                answer.error(String.valueOf(e.getMessage()));
                return MISUSED;
            } catch (ClientGone | SocketTimeoutException e) {
                throw e;
            } catch (IOException e) {
                answer.error(Errno.djbText(e));
                return FAILED;
            }
        }

        /** What comes behind the line feed is nothing to us. */
        private String line(Wire client) throws IOException {
            long deadline = System.nanoTime() + limits.request.toNanos();
            byte[] octets = new byte[1024];
            int filled = 0;
            while (true) {
                Duration left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
                int n = client.read(octets, filled, octets.length - filled, left);
                if (n < 0) {
                    throw new RequestText.Malformed("it has no line feed at its end");
                }
                for (int end = filled + n; filled < end; filled++) {
                    if (octets[filled] == '\n') {
                        return Octets.of(octets, 0, filled);
                    }
                }
                if (filled >= LONGEST_REQUEST) {
                    throw new RequestText.Malformed("longer than " + LONGEST_REQUEST + " octets");
                }
                if (filled == octets.length) {
                    octets = Arrays.copyOf(octets, Math.min(4 * filled, LONGEST_REQUEST + 1));
                }
            }
        }
    }

    /** The answer cannot be told. */
    private static final class ClientGone extends IOException {
        private static final long serialVersionUID = 1L;

        ClientGone(IOException e) {
            super(e);
        }
    }

    private static final class ToClient implements Answer {
        private static final int BUFFER = 32 << 10;

        private final Wire client;
        private final Duration limit;
        private final OutputStream out;

        ToClient(Wire client, Duration limit) {
            this.client = client;
            this.limit = limit;
            out = new BufferedOutputStream(new Framing(), BUFFER);
        }

        private void frame(char letter, byte[] from, int offset, int length) throws IOException {
            try {
                byte[] frame = Arrays.copyOf(Frame.head(letter, length), Frame.HEAD + length);
                System.arraycopy(from, offset, frame, Frame.HEAD, length);
                client.write(frame, 0, frame.length, limit);
            } catch (SocketTimeoutException e) {
                throw e;
            } catch (IOException e) {
                throw new ClientGone(e);
            }
        }

        @Override
        public OutputStream out() {
            return out;
        }

        @Override
        public void error(String line) throws IOException {
            out.flush();
            byte[] octets = Octets.bytes(line);
            frame('e', octets, 0, Math.min(octets.length, Frame.MOST));
        }

        void exit(int code) throws IOException {
            frame('x', new byte[] {(byte) code}, 0, 1);
        }

        /** Each write is a frame, or several. */
        private final class Framing extends OutputStream {
            @Override
            public void write(int octet) throws IOException {
                write(new byte[] {(byte) octet}, 0, 1);
            }

            @Override
            public void write(byte[] from, int offset, int length) throws IOException {
                for (int at = 0; at < length; at += Frame.MOST) {
                    frame('o', from, offset + at, Math.min(Frame.MOST, length - at));
                }
            }
        }
    }
}
