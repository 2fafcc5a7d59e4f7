package org.postern.relay;

/** Whether a grant stands. */
public sealed interface Allowed {
    /** It does: whoever asks from now on is told so. */
    record Written(Grant grant) implements Allowed {}

    /**
     * It does not. The password was right all the same: the login goes on, with this in the log.
     *
     * @param why a sentence, in relay-ctrl's words
     */
    record NotWritten(String why) implements Allowed {}
}
