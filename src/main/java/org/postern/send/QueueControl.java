package org.postern.send;

import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.postern.queue.Listed;
import org.postern.queue.MessageName;
import org.postern.queue.QueuedMessage;
import org.postern.queue.Selection;

/** What an administrator can do with a queue: through its sender ({@link Sender#control}), or where there is none. */
public interface QueueControl {
    /** Goes through the messages that are meant, the oldest first. */
    void list(Selection which, Reader reader) throws IOException;

    /** One message, to read its text. */
    QueuedMessage message(MessageName name) throws IOException;

    /**
     * They are tried now, also at hosts that did not answer before, and through routes whose login failed; until one of
     * them fails again. What is held stays held.
     */
    Touched retry(Selection which) throws IOException;

    /** They are not tried any more until they are released; durable at return. A delivery under way goes on. */
    Touched hold(Selection which) throws IOException;

    /** They are no longer held, and tried now; durable at return. */
    Touched release(Selection which) throws IOException;

    /**
     * They are given up; durable at return, but for those whose delivery is under way: these when it has ended, or at a stop; a
     * crash before forgets it. Where recipients or destinations are selected, only those recipients are,
     * and the message goes to the others.
     *
     * @param bounce tell the senders; else nobody is told
     */
    Touched drop(Selection which, boolean bounce) throws IOException;

    /** Hosts that did not answer are tried again, by every message (qmail-tcpok(8)). */
    void forgetTimeOuts() throws IOException;

    /** Receives one message. */
    @FunctionalInterface
    interface Reader {
        /** @param report what was last said of it, since the sender was started; null where it was not deferred */
        void message(Listed message, State state, @Nullable String report) throws IOException;
    }

    /** What is going on with a message. */
    sealed interface State {
        record Held() implements State {}

        /** A recipient is being tried. */
        record UnderWay() implements State {}

        /** @param due when it is tried again; where that is past, as soon as there is a free delivery */
        record Waiting(Instant due) implements State {}
    }

    /**
     * How many messages something was done to.
     *
     * @param messages all of them
     * @param recipients of them, as far as single ones were selected or given up
     * @param partly those that go on to other recipients
     * @param underWay those with a delivery under way, which is not cut; what was asked is done when it has ended
     * @param held those that are not tried since they are held
     */
    record Touched(int messages, int recipients, int partly, int underWay, int held) {
        static Touched messages(int count) {
            return new Touched(count, 0, 0, 0, 0);
        }
    }
}
