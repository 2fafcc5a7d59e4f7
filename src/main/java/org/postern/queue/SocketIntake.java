package org.postern.queue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.postern.mail.Envelope;
import org.postern.os.ThreadIdentity;
import org.postern.tcp.Connection;
import org.postern.tcp.Line;
import org.postern.tcp.UnixWire;

/**
 * The way into the queue for every process but its owner's, under any uid: through the owner's socket, or through the drop
 * where nobody answers there, or he has too much to do. Which, is decided before the message leaves this process: after
 * that it would be there twice.
 */
public final class SocketIntake implements Intake {
    /**
     * What is held of a message before the owner is asked: most are whole by then, so that a slow writer keeps no place
     * among the owner's submissions.
     */
    private static final int HELD = 64 << 10;

    private static final Duration GREETING_LIMIT = Duration.ofSeconds(5);
    /** RFC 5321 §4.5.3.2.6: as long as a client waits for its 250. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final Path socket;
    private final DropIntake drop;
    private final Origin origin;

    public SocketIntake(QueueDirectory queue, DropIntake drop, Origin origin) {
        this(queue.submit(), drop, origin);
    }

    private SocketIntake(Path socket, DropIntake drop, Origin origin) {
        this.socket = socket;
        this.drop = drop;
        this.origin = origin;
    }

    @Override
    public SocketIntake ofClients() {
        return new SocketIntake(socket, drop.ofClients(), Origin.CLIENT);
    }

    @Override
    public Draft begin() {
        return new Held();
    }

    /** The owner, greeting us; null: the drop it is. */
    private @Nullable Connection owner() {
        Connection connection = null;
        try {
            connection = new Connection(UnixWire.connect(socket));
            connection.writeLimit(LIMIT);
            if (connection.readLine(Submission.LINE, GREETING_LIMIT) instanceof Line.Text(String greeting)
                    && greeting.equals(Submission.READY)) {
                return connection;
            }
        } catch (IOException e) {
            // Nobody there, or nobody that answers.
        }
        if (connection != null) {
            close(connection);
        }
        return null;
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // What the owner has not got by now he does not get, and he has not said that he queued it.
            return;
        }
    }

    private Draft way() {
        // The owner would be told who this process is, not whose rights this thread has.
        Connection owner = ThreadIdentity.isOwn() ? owner() : null;
        return owner == null ? drop.begin() : new ThroughSocket(owner, origin);
    }

    /** The beginning of a message, and once there is more the draft that it goes to. */
    private final class Held implements Draft {
        private ByteArrayOutputStream held = new ByteArrayOutputStream();
        private @Nullable Draft way;

        @Override
        public void write(byte[] from, int offset, int length) {
            if (way == null && held.size() + length <= HELD) {
                held.write(from, offset, length);
            } else {
                decided().write(from, offset, length);
            }
        }

        private Draft decided() {
            Draft draft = way;
            if (draft == null) {
                draft = way();
                way = draft;
                draft.write(held.toByteArray(), 0, held.size());
                held = new ByteArrayOutputStream();
            }
            return draft;
        }

        @Override
        public Outcome commit(Envelope envelope) {
            return decided().commit(envelope);
        }

        @Override
        public void close() {
            if (way != null) {
                way.close();
            }
        }
    }

    /** A message on its way to the owner, who has said that he is ready. */
    private static final class ThroughSocket implements Draft {
        private final Connection owner;
        private boolean broken;

        ThroughSocket(Connection owner, Origin origin) {
            this.owner = owner;
            attempt(() -> owner.write(Submission.SUBMIT + origin.claim() + "\n"));
        }

        @FunctionalInterface
        private interface Sending {
            void send() throws IOException;
        }

        private void attempt(Sending sending) {
            if (!broken) {
                try {
                    sending.send();
                } catch (IOException e) {
                    broken = true;
                }
            }
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            attempt(() -> Pieces.write(owner, from, offset, length));
        }

        @Override
        public Outcome commit(Envelope envelope) {
            int fault = StoredEnvelope.check(envelope);
            if (fault != 0) {
                return new Outcome.Refused(fault);
            }
            byte[] fields = StoredEnvelope.forDrop(Origin.LOCAL, envelope);
            attempt(() -> {
                Pieces.end(owner);
                Pieces.write(owner, fields, 0, fields.length);
                Pieces.end(owner);
            });
            try {
                return broken ? Answer.NONE : Answer.of(owner.readLine(Submission.LINE, LIMIT));
            } catch (IOException e) {
                return Answer.NONE;
            }
        }

        @Override
        public void close() {
            owner.discardOutput();
            SocketIntake.close(owner);
        }
    }

    /** What the owner says became of the message. */
    private static final class Answer {
        /** He may have queued it, and could not say so any more. */
        static final Outcome NONE = new Outcome.Refused(QueueExit.COMMUNICATION_FAILED);

        static Outcome of(Line line) {
            if (!(line instanceof Line.Text(String text))) {
                return NONE;
            }
            long number = number(text.substring(text.indexOf(' ') + 1));
            boolean known = number > 0;
            return known && text.startsWith(Submission.QUEUED)
                    ? new Outcome.Queued(number)
                    : known && text.startsWith(Submission.REFUSED) && number < 256
                            ? new Outcome.Refused((int) number)
                            : NONE;
        }

        private static long number(String digits) {
            return digits.matches("[0-9]{1,18}") ? Long.parseLong(digits) : -1;
        }
    }
}
