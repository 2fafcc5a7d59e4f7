package org.postern.queue;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.postern.mail.Envelope;
import org.postern.os.Identity;
import org.postern.os.ThreadIdentity;

/**
 * Hands messages in as another user, where this process is root: the file in the drop is then his, and from its owner
 * the queue knows who submitted it.
 */
public record IntakeAs(Identity user, Intake intake) implements Intake {
    @Override
    public Draft begin() throws IOException {
        return new AsUser(asUser(intake::begin));
    }

    private final class AsUser implements Draft {
        private final Draft draft;

        AsUser(Draft draft) {
            this.draft = draft;
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            draft.write(from, offset, length);
        }

        @Override
        public Outcome commit(Envelope envelope) {
            try {
                return asUser(() -> draft.commit(envelope));
            } catch (IOException e) {
                return new Outcome.Refused(QueueExit.of(e, QueueExit.CANNOT_CREATE));
            }
        }

        /** A file in the drop may be removed by root as well. */
        @Override
        public void close() {
            draft.close();
        }
    }

    private <T> T asUser(Callable<T> work) throws IOException {
        try {
            return ThreadIdentity.changes(user) ? ThreadIdentity.as(user, work) : work.call();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
