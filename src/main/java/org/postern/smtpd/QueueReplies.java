package org.postern.smtpd;

import org.postern.queue.QueueWords;

/** What a client is told for qmail-queue's exit code. */
final class QueueReplies {
    private QueueReplies() {}

    /** @param exit see {@link org.postern.queue.Intake.Outcome.Refused}; negative: ended by a signal */
    static Reply of(int exit) {
        QueueWords words = QueueWords.of(exit);
        return new Reply(words.permanent() ? 554 : 451, words.status(), words.text());
    }
}
