package org.postern.queue;

import java.io.IOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.file.SharedSync;
import org.postern.mail.Envelope;

/** A message that someone is handing in. What goes wrong is remembered, and told at the commit. */
final class FileDraft implements Intake.Draft {
    private final SharedSync directory;
    private final Function<Envelope, byte[]> fields;
    private final Accepted accepted;
    private @Nullable NewMessage file;
    private int exit;

    /** Makes the file. */
    @FunctionalInterface
    interface Start {
        NewMessage start() throws IOException;
    }

    /** Is told when the message is durable, and says what the submitter is told. */
    @FunctionalInterface
    interface Accepted {
        long told();
    }

    /**
     * @param fields the octets of the envelope as they are written behind the message
     */
    FileDraft(Start start, SharedSync directory, Function<Envelope, byte[]> fields, Accepted accepted) {
        this.directory = directory;
        this.fields = fields;
        this.accepted = accepted;
        try {
            file = start.start();
        } catch (java.nio.file.NoSuchFileException e) {
            fail(QueueExit.NO_QUEUE);
        } catch (IOException e) {
            fail(QueueExit.of(e, QueueExit.CANNOT_CREATE));
        }
    }

    @Override
    public void write(byte[] from, int offset, int length) {
        NewMessage open = file;
        if (open != null) {
            try {
                open.write(from, offset, length);
            } catch (IOException e) {
                fail(QueueExit.of(e, QueueExit.WRITE_ERROR));
            }
        }
    }

    @Override
    public Intake.Outcome commit(Envelope envelope) {
        int fault = file == null ? exit : StoredEnvelope.check(envelope);
        if (fault != 0) {
            fail(fault);
            return new Intake.Outcome.Refused(fault);
        }
        return store(fields.apply(envelope));
    }

    /** The same, given the octets that are written behind the message. */
    Intake.Outcome store(byte[] envelope) {
        NewMessage open = file;
        if (open == null) {
            return new Intake.Outcome.Refused(exit);
        }
        try {
            open.finish(envelope);
        } catch (IOException e) {
            fail(QueueExit.of(e, QueueExit.CANNOT_RENAME));
            return new Intake.Outcome.Refused(exit);
        }
        try {
            directory.sync();
        } catch (IOException e) {
            // Refused, so it must not be delivered; whether this reaches the disk nobody can promise any more.
            open.withdraw();
            fail(QueueExit.of(e, QueueExit.CANNOT_SYNC));
            return new Intake.Outcome.Refused(exit);
        }
        file = null;
        exit = QueueExit.REFUSED;
        return new Intake.Outcome.Queued(accepted.told());
    }

    private void fail(int code) {
        exit = code;
        close();
    }

    @Override
    public void close() {
        NewMessage open = file;
        file = null;
        if (open != null) {
            open.close();
        }
    }
}
