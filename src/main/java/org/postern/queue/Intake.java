package org.postern.queue;

import java.io.Closeable;
import java.io.IOException;
import org.postern.mail.Envelope;

/** Where a message is handed to a queue: ours, or a foreign qmail-queue named by QMAILQUEUE. */
@FunctionalInterface
public interface Intake {
    /**
     * Starts a message.
     *
     * @throws IOException where not even a start is possible: a temporary failure
     */
    Draft begin() throws IOException;

    /** The same for messages of a client that may relay ({@link Origin#CLIENT}). A foreign queue knows no difference. */
    default Intake ofClients() {
        return this;
    }

    /** A message on its way into the queue. Closed without a commit, it leaves nothing behind. */
    interface Draft extends Closeable {
        /** More of the message, lines ended by LF. A failure is remembered and told by the commit. */
        void write(byte[] from, int offset, int length);

        /** When it answers {@link Outcome.Queued}, message and envelope are on disk, fsynced, and will be delivered. */
        Outcome commit(Envelope envelope);

        @Override
        void close();
    }

    /** What became of a message. */
    sealed interface Outcome {
        /** @param id what the reply's {@code qp} says: qmail-queue's pid, or our queue's number for the message */
        record Queued(long id) implements Outcome {}

        /**
         * @param exit qmail-queue's exit code: 11 to 40 are permanent; negative where a signal ended it: -9 is SIGKILL
         */
        record Refused(int exit) implements Outcome {}
    }
}
