package org.postern.smtpd;

/** Whether a client may send to foreign hosts now: asked by {@link ServePolicy}, answered by what knows the grants. */
@FunctionalInterface
public interface Relaying {
    Answer mayRelay(String reversePath, String forwardPath);

    /** Yes, no, or it cannot be found out. */
    sealed interface Answer {
        record Yes() implements Answer {}

        /** @param remedy what the client is told to do, on one line */
        record No(String remedy) implements Answer {}

        /** The store cannot be reached. The one who answers has said so in the log. */
        record Unknown() implements Answer {}
    }
}
