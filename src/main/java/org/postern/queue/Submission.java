package org.postern.queue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.postern.tcp.Connection;
import org.postern.tcp.Line;

/**
 * One message through the socket, the owner's side. The dialogue is in docs/queue.md: we greet, the submitter says where
 * the message comes from, sends the message and then the envelope, and is told what became of it.
 */
final class Submission {
    static final String READY = "P1 ready";
    static final String BUSY = "P1 busy";
    static final String SUBMIT = "submit ";
    static final String QUEUED = "queued ";
    static final String REFUSED = "refused ";
    static final int LINE = 60;

    /** qmail-queue's DEATH: a job whose output goes to sendmail may say nothing for hours. */
    private static final Duration MESSAGE_LIMIT = Duration.ofHours(24);
    /** For what the submitter has at hand: his first line, and all of the envelope. */
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** Of larger envelopes one is held at a time. */
    private static final int SMALL_ENVELOPE = 64 << 10;

    private final Queue queue;
    private final LargeEnvelopes largeEnvelopes;
    private final int uid;

    /**
     * @param largeEnvelopes for the submissions of a queue together
     * @param uid the submitter's, as the system has it
     */
    Submission(Queue queue, LargeEnvelopes largeEnvelopes, int uid) {
        this.queue = queue;
        this.largeEnvelopes = largeEnvelopes;
        this.uid = uid;
    }

    /**
     * The dialogue, to its end.
     *
     * @throws IOException where the submitter went away or does not keep to the form; then nothing was queued, unless
     *     it was the answer that did not reach him
     */
    void run(Connection connection) throws IOException {
        connection.write(READY + "\n");
        Origin claimed = origin(connection.readLine(LINE, LIMIT));
        try (Queue.Submitted draft = queue.submitted(uid, claimed)) {
            Pieces.read(connection, () -> MESSAGE_LIMIT, draft::write);
            connection.write(answer(outcome(connection, draft)) + "\n");
            connection.flush();
        }
    }

    private static Origin origin(Line line) throws IOException {
        if (line instanceof Line.Text(String text)) {
            for (Origin origin : Origin.values()) {
                if (text.equals(SUBMIT + origin.claim()) && origin != Origin.BOUNCE) {
                    return origin;
                }
            }
        }
        throw new Pieces.Broken("no submission");
    }

    private Intake.Outcome outcome(Connection connection, Queue.Submitted draft) throws IOException {
        try (Collected envelope = new Collected()) {
            Pieces.read(connection, envelope::left, envelope);
            if (envelope.fault != 0) {
                return new Intake.Outcome.Refused(envelope.fault);
            }
            Optional<StoredEnvelope> parsed = StoredEnvelope.parse(envelope.whole());
            return parsed.isPresent() ? draft.store(parsed.get()) : new Intake.Outcome.Refused(QueueExit.BAD_ENVELOPE);
        }
    }

    private static String answer(Intake.Outcome outcome) {
        return switch (outcome) {
            case Intake.Outcome.Queued queued -> QUEUED + queued.id();
            case Intake.Outcome.Refused refused -> REFUSED + refused.exit();
        };
    }

    /** The envelope while it comes. What is too large is read on and forgotten, so that the submitter hears why. */
    private final class Collected implements Pieces.Taker, AutoCloseable {
        private long deadline = System.nanoTime() + LIMIT.toNanos();
        private ByteArrayOutputStream octets = new ByteArrayOutputStream();
        private boolean large;
        private int fault;

        Duration left() throws IOException {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new Pieces.Broken("envelope took too long");
            }
            return Duration.ofNanos(left);
        }

        @Override
        public void take(byte[] from, int offset, int length) throws IOException {
            if (fault == 0 && octets.size() + length > SMALL_ENVELOPE && !large) {
                large = turn();
                fault = large ? 0 : QueueExit.OUT_OF_MEMORY;
            }
            if (fault == 0 && octets.size() + length > StoredEnvelope.MAX_SUBMITTED) {
                fault = QueueExit.REFUSED;
            }
            if (fault == 0) {
                octets.write(from, offset, length);
            } else {
                octets = new ByteArrayOutputStream();
            }
        }

        /** What has come, which is not kept here any longer. */
        byte[] whole() {
            byte[] all = octets.toByteArray();
            octets = new ByteArrayOutputStream();
            return all;
        }

        private boolean turn() throws IOException {
            try {
                boolean had = largeEnvelopes.enter(uid, LIMIT);
                deadline = System.nanoTime() + LIMIT.toNanos();
                return had;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }

        @Override
        public void close() {
            if (large) {
                largeEnvelopes.leave(uid);
            }
        }
    }
}
