package org.postern.send;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.queue.Listed;
import org.postern.queue.Marks;
import org.postern.queue.Queue;
import org.postern.queue.Selection;

/**
 * Gives recipients of a message up.
 *
 * @param which who is meant
 * @param bounce whether the sender is told
 */
record Dropping(Selection which, boolean bounce) {
    private static final String REPORT = "Sorry, the administrator has removed this message from the queue. (#5.7.1)\n";

    /** What became of a message. */
    enum Became {
        /** It is no longer in the queue. */
        GONE,
        /** Nobody is left: who sends ends it, and tells the sender what is to be told. */
        DONE,
        /** Others are left. */
        LESS
    }

    /** The message goes as a whole, and nobody is told: not even of recipients that failed before. */
    boolean removesWhole() {
        return !bounce && which.isEveryRecipient();
    }

    /**
     * Marks them in one message; durable at return.
     *
     * @param unsaved marks that could not be written before
     */
    Became carryOut(Queue queue, Listed message, @Nullable Marks unsaved) throws IOException {
        if (removesWhole()) {
            queue.removeAll(List.of(message.name()));
            return Became.GONE;
        }
        Marks marks = unsaved != null ? unsaved : queue.marks(message.name());
        BitSet finished = marks.finished();
        List<Integer> meant = new ArrayList<>();
        for (Listed.Recipient recipient : which.recipientsOf(message)) {
            if (!finished.get(recipient.number())) {
                meant.add(recipient.number());
            }
        }
        if (bounce) {
            marks.failedAll(meant, REPORT);
        } else {
            marks.abandoned(meant);
        }
        if (marks.finished().cardinality() < message.recipients().size()) {
            return Became.LESS;
        }
        if (marks.hasFailures() || marks.hasSuccesses()) {
            return Became.DONE;
        }
        queue.removeAll(List.of(message.name()));
        return Became.GONE;
    }
}
