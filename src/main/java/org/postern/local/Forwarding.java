package org.postern.local;

import java.io.IOException;
import java.io.InputStream;
import org.postern.mail.Envelope;
import org.postern.mail.MessageSource;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.queue.QueueExit;
import org.postern.queue.QueueWords;

/** Puts a message into the queue again, for others. */
final class Forwarding {
    /** What qmail_open() and qmail_close() have for a queue that cannot be begun. */
    private static final int CANNOT_EXEC = 120;

    private Forwarding() {}

    /** How it went. */
    sealed interface Outcome {
        record Queued(long id) implements Outcome {}

        record Refused(boolean forGood, String reason) implements Outcome {}
    }

    static Outcome forward(Intake queue, String deliveredTo, MessageSource message, Envelope envelope) {
        try (Intake.Draft draft = queue.begin()) {
            byte[] head = Octets.bytes(deliveredTo);
            draft.write(head, 0, head.length);
            try (InputStream in = message.open()) {
                byte[] buffer = new byte[64 * 1024];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    draft.write(buffer, 0, n);
                }
            } catch (IOException e) {
                return refused(QueueExit.READ_ERROR);
            }
            return switch (draft.commit(envelope)) {
                case Intake.Outcome.Queued queued -> new Outcome.Queued(queued.id());
                case Intake.Outcome.Refused refused -> refused(refused.exit());
            };
        } catch (IOException e) {
            return refused(CANNOT_EXEC);
        }
    }

    private static Outcome refused(int exit) {
        QueueWords words = QueueWords.of(exit);
        return new Outcome.Refused(words.permanent(), words.toString());
    }
}
