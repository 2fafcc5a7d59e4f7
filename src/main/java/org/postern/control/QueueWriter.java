package org.postern.control;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.postern.queue.Listed;
import org.postern.send.QueueControl;

/** A form in which messages of the queue, and what was done to them, are written. */
interface QueueWriter {
    /** What was done. */
    enum Verb {
        RETRY("retry"),
        HOLD("hold"),
        RELEASE("release"),
        DROP("drop"),
        BOUNCE("drop --bounce");

        final String word;

        Verb(String word) {
            this.word = word;
        }
    }

    /** A message, in one line. */
    void line(Listed message, QueueControl.State state, @Nullable String report) throws IOException;

    /** A message, with all that is known of it. */
    void whole(Listed message, QueueControl.State state, @Nullable String report, String header) throws IOException;

    /** There are no more. */
    void end() throws IOException;

    /** @param runs whether somebody sends from the queue */
    void done(Verb verb, QueueControl.Touched touched, boolean runs) throws IOException;
}
