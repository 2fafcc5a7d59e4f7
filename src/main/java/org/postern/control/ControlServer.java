package org.postern.control;

import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.postern.chain.Log;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Octets;

/** Answers requests on the control socket of a queue, for as long as its process holds the queue. */
public final class ControlServer implements Closeable {
    /** A longer request is refused. */
    static final int LONGEST_REQUEST = 256 << 10;

    static final int CLIENTS = 8;

    private static final int BACKLOG = 16;
    private static final int FAILED = 111;
    private static final int MISUSED = 100;

    private final Path queue;
    private final ControlPlace place;
    private final ServerSocketChannel socket;
    private final int owner;
    private final Handler handler;
    private final Limits limits;
    private final Log log;
    private final Semaphore free = new Semaphore(CLIENTS);

    /**
     * How long is waited.
     *
     * @param request for all of a request
     * @param reader for one who does not read his answer
     * @param end at the end, for requests that are being answered
     */
    record Limits(Duration request, Duration reader, Duration end) {
        static final Limits USUAL = new Limits(Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(60));
    }

    private ControlServer(
            Path queue,
            ControlPlace place,
            ServerSocketChannel socket,
            int owner,
            Handler handler,
            Limits limits,
            Log log) {
        this.queue = queue;
        this.place = place;
        this.socket = socket;
        this.owner = owner;
        this.handler = handler;
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

    static ControlServer start(Path queue, Handler handler, Limits limits, Log log) throws IOException {
        int owner = (int) Files.getAttribute(queue, "unix:uid");
        ControlPlace place = ControlPlace.make(queue);
        ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            socket.bind(place.address(), BACKLOG);
            Files.setAttribute(place.socket(), "unix:mode", 0600);
        } catch (IOException e) {
            socket.close();
            place.close();
            throw e;
        }
        ControlServer server = new ControlServer(queue, place, socket, owner, handler, limits, log);
        Thread.ofPlatform().daemon().name("control").start(server::accept);
        return server;
    }

    private void accept() {
        while (socket.isOpen()) {
            try {
                SocketChannel channel = socket.accept();
                Thread.ofPlatform().daemon().name("control client").start(() -> serve(channel));
            } catch (java.nio.channels.ClosedChannelException e) {
                return;
            } catch (IOException e) {
                log.line("warning: control socket: unable to accept: " + Errno.djbText(e));
                pause();
            }
        }
    }

    /** Descriptors are short, say: not a thousand lines a second about it. */
    private static void pause() {
        try {
            Thread.sleep(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel channel) {
        try (TimedChannel client = new TimedChannel(channel)) {
            ToClient answer = new ToClient(client, limits.reader);
            int uid = Descriptor.peerUid(Descriptor.of(channel));
            if (uid != 0 && uid != owner) {
                log.line("warning: control socket: uid " + Integer.toUnsignedString(uid) + " refused");
                answer.error("only root and user " + owner + " may ask this");
                answer.exit(FAILED);
            } else if (!free.tryAcquire()) {
                answer.error(CLIENTS + " others are asking already: try again");
                answer.exit(FAILED);
            } else {
                try {
                    answer.exit(answer(client, answer));
                } finally {
                    free.release();
                }
            }
        } catch (SocketTimeoutException e) {
            log.line("warning: control socket: a client did nothing for too long");
        } catch (IOException e) {
            return; // The client has gone.
        } catch (RuntimeException e) {
            log.line("alert: control socket: " + e);
        }
    }

    private int answer(TimedChannel client, ToClient answer) throws IOException {
        try {
            Request request = RequestText.read(line(client));
            int code = handler.answer(request, answer);
            answer.out.flush();
            return code;
        } catch (RequestText.Malformed e) {
            answer.error(String.valueOf(e.getMessage()));
            return MISUSED;
        } catch (ClientGone e) {
            throw e;
        } catch (IOException e) {
            answer.out.flush();
            answer.error(Errno.djbText(e));
            return FAILED;
        }
    }

    private String line(TimedChannel client) throws IOException {
        long deadline = System.nanoTime() + limits.request.toNanos();
        ByteBuffer buffer = ByteBuffer.allocate(1024);
        int seen = 0;
        while (true) {
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            if (client.read(buffer, left) < 0) {
                throw new RequestText.Malformed("it has no line feed at its end");
            }
            for (; seen < buffer.position(); seen++) {
                if (buffer.get(seen) == '\n') {
                    return Octets.of(buffer.array(), 0, seen);
                }
            }
            if (!buffer.hasRemaining()) {
                if (buffer.capacity() >= LONGEST_REQUEST) {
                    throw new RequestText.Malformed("longer than " + LONGEST_REQUEST + " octets");
                }
                buffer = ByteBuffer.allocate(buffer.capacity() * 4).put(buffer.flip());
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

        private final TimedChannel client;
        private final Duration limit;
        private final OutputStream out;

        ToClient(TimedChannel client, Duration limit) {
            this.client = client;
            this.limit = limit;
            out = new BufferedOutputStream(new Framing(), BUFFER);
        }

        private void frame(char letter, byte[] from, int offset, int length) throws IOException {
            try {
                client.write(Frame.head(letter, length), limit);
                client.write(ByteBuffer.wrap(from, offset, length), limit);
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

    /** No new requests; those under way are answered, within their limit. */
    @Override
    public void close() throws IOException {
        socket.close();
        try {
            if (!free.tryAcquire(CLIENTS, limits.end.toMillis(), TimeUnit.MILLISECONDS)) {
                log.line("warning: control socket of " + queue + ": a request is still being worked on");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        place.removeSocket();
        place.close();
    }
}
