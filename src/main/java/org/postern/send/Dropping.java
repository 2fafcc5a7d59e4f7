package org.postern.send;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.queue.Listed;
import org.postern.queue.Marks;
import org.postern.queue.MessageName;
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
     * What was done to a message.
     *
     * @param recipients how many were given up; not counted where the message went as a whole
     */
    record Done(Became became, int recipients) {}

    /**
     * Marks them in one message; durable at return.
     *
     * @param unsaved marks that could not be written before
     */
    Done carryOut(Queue queue, MessageName name, @Nullable Marks unsaved) throws IOException {
        if (removesWhole()) {
            queue.removeAll(List.of(name));
            return new Done(Became.GONE, 0);
        }
        Marks marks = unsaved != null ? unsaved : queue.marks(name);
        Listed message = queue.read(name).outline(marks).of(name);
        BitSet meant = which.recipientsOf(message);
        if (bounce) {
            marks.failedAll(meant, REPORT);
        } else {
            marks.abandoned(meant);
        }
        if (marks.finished().cardinality() < message.recipients().count()) {
            return new Done(Became.LESS, meant.cardinality());
        }
        if (marks.hasFailures() || marks.hasSuccesses()) {
            return new Done(Became.DONE, meant.cardinality());
        }
        queue.removeAll(List.of(name));
        return new Done(Became.GONE, meant.cardinality());
    }
}
