package org.postern.control;

import org.postern.queue.Selection;

/** What an administrator asks of a process that serves. */
public sealed interface Request {
    /** How the answer is written. */
    enum Form {
        /** For people: printable ASCII. */
        TABLE,
        /** For machines: JSON, an object a line, UTF-8. */
        JSON
    }

    Form form();

    /** To read the settings anew. */
    record Reload(Form form) implements Request {}

    /** What is asked of the queue. */
    sealed interface OfQueue extends Request {
        Selection which();
    }

    /** A line for each message. */
    record QueueList(Selection which, Form form) implements OfQueue {}

    /** All that is known of each message, and its header. */
    record QueueShow(Selection which, Form form) implements OfQueue {}

    record QueueRetry(Selection which, Form form) implements OfQueue {}

    record QueueHold(Selection which, Form form) implements OfQueue {}

    record QueueRelease(Selection which, Form form) implements OfQueue {}

    /** Hosts that did not answer are tried again. */
    record ForgetTimeOuts() implements OfQueue {
        @Override
        public Selection which() {
            return Selection.ALL;
        }

        @Override
        public Form form() {
            return Form.TABLE;
        }
    }

    /** @param bounce whether the senders are told */
    record QueueDrop(Selection which, boolean bounce, Form form) implements OfQueue {}
}
