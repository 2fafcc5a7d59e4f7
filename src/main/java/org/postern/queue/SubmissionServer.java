package org.postern.queue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Log;
import org.postern.os.Errno;
import org.postern.os.PeerCredentials;
import org.postern.os.Threads;
import org.postern.tcp.Connection;
import org.postern.tcp.Listener;
import org.postern.tcp.UnixWire;

/**
 * Takes messages from any user's programs through the socket {@code submit} in the queue. Who is one too many is told so at
 * once, and uses the drop: nobody can keep others from submitting.
 */
public final class SubmissionServer implements Closeable {
    private static final int IN_ALL = 256;
    private static final int OF_ONE_USER = 128;
    /** So many may be being told that they are too many. */
    private static final int TURNED_AWAY = 16;

    private static final int BACKLOG = 128;
    private static final int ANYONE = 0666;
    private static final Duration TELL_LIMIT = Duration.ofSeconds(5);
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(3);
    private static final Duration AFTER_CUT = Duration.ofSeconds(10);
    private static final Duration TOLD_ONCE_IN = Duration.ofMinutes(1);

    /** Descriptors it may have open: of each submission the socket and the message. */
    public static final int FILES = 2 * IN_ALL + TURNED_AWAY;

    private final @Nullable Listener listener;
    private final Log log;

    private SubmissionServer(@Nullable Listener listener, Log log) {
        this.listener = listener;
        this.log = log;
    }

    /** Serves from now on. Where there can be no socket (its path is too long, say), the log says so, and there is the drop. */
    public static SubmissionServer start(Queue queue, Log log) {
        return start(queue, log, new UidLimits(IN_ALL, OF_ONE_USER));
    }

    static SubmissionServer start(Queue queue, Log log, UidLimits limits) {
        Path socket = queue.directory().submit();
        try {
            Listener listener = Listener.open(socket, ANYONE, BACKLOG, IN_ALL + TURNED_AWAY, new AtomicLong());
            Threads.start("submit", () -> serve(listener, new Service(queue, log, limits)));
            return new SubmissionServer(listener, log);
        } catch (IOException e) {
            log.line("warning: unable to listen at " + socket + ": " + Errno.djbText(e)
                    + "; local programs use the drop, which takes longer");
            return new SubmissionServer(null, log);
        }
    }

    private static void serve(Listener listener, Service service) {
        try {
            listener.serve(service);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Service implements Listener.Service {
        private final Queue queue;
        private final Log log;
        private final UidLimits limits;
        private final LargeEnvelopes largeEnvelopes = new LargeEnvelopes();
        private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - TOLD_ONCE_IN.toNanos());

        Service(Queue queue, Log log, UidLimits limits) {
            this.queue = queue;
            this.log = log;
            this.limits = limits;
        }

        @Override
        public int run(SocketChannel channel, long id) {
            try (Connection connection = new Connection(new UnixWire(channel))) {
                int uid = PeerCredentials.of(channel).uid();
                if (!limits.enter(uid)) {
                    tooMany(uid);
                    connection.writeLimit(TELL_LIMIT);
                    connection.write(Submission.BUSY + "\n");
                    return 0;
                }
                try {
                    new Submission(queue, largeEnvelopes, uid).run(connection);
                } finally {
                    limits.leave(uid);
                }
                return 0;
            } catch (IOException e) {
                // The submitter is gone, or is none. If he is one, he knows: he had no answer.
                return 1;
            }
        }

        /** Once a minute, that a user cannot fill the log. */
        private void tooMany(int uid) {
            long now = System.nanoTime();
            long last = toldAt.get();
            if (now - last >= TOLD_ONCE_IN.toNanos() && toldAt.compareAndSet(last, now)) {
                log.line(
                        "warning: too many submissions at once, the last by uid " + uid + ": more go through the drop");
            }
        }

        @Override
        public void failed(IOException why) {
            log.line("warning: unable to accept a submission: " + Errno.djbText(why));
        }
    }

    /** No more submissions; those under way finish within a limit, or are cut. */
    @Override
    public void close() throws IOException {
        if (listener == null) {
            return;
        }
        listener.close();
        try {
            if (!listener.awaitSessions(DRAIN_LIMIT)) {
                listener.cut();
                if (!listener.awaitSessions(AFTER_CUT)) {
                    log.line("warning: a submission does not end");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
