package org.postern.queue;

import java.io.IOException;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postern.mail.Envelope;

/** A message that someone in the owner's process is handing in: for the log as long as it is small, else in a file. */
final class OwnDraft implements Intake.Draft {
    /** A larger message gets a file at once: what goes into the log is held in memory until it is whole. */
    static final int LARGE = 64 << 10;

    private final ToLog log;
    private final Function<Envelope, byte[]> fields;
    private final Function<Function<Envelope, byte[]>, FileDraft> toFile;
    private final Ended ended;
    private byte[] octets = new byte[2048];
    private int length;
    private @Nullable FileDraft file;
    private boolean over;

    /** Returns when the octets are on disk. */
    @FunctionalInterface
    interface ToLog {
        void add(byte[] octets) throws IOException;
    }

    /** Is told once whether the message was queued, and says the number the submitter is told. */
    @FunctionalInterface
    interface Ended {
        long told(boolean queued);
    }

    OwnDraft(
            ToLog log,
            Function<Envelope, byte[]> fields,
            Function<Function<Envelope, byte[]>, FileDraft> toFile,
            Ended ended) {
        this.log = log;
        this.fields = fields;
        this.toFile = toFile;
        this.ended = ended;
    }

    @Override
    public void write(byte[] from, int offset, int count) {
        FileDraft large = file;
        if (large == null && count > LARGE - length) {
            large = inFile();
        }
        if (large != null) {
            large.write(from, offset, count);
            return;
        }
        if (count > octets.length - length) {
            octets = Arrays.copyOf(octets, Math.min(LARGE, Math.max(2 * octets.length, length + count)));
        }
        System.arraycopy(from, offset, octets, length, count);
        length += count;
    }

    private FileDraft inFile() {
        FileDraft large = toFile.apply(fields);
        large.write(octets, 0, length);
        octets = new byte[0];
        file = large;
        return large;
    }

    @Override
    public Intake.Outcome commit(Envelope envelope) {
        FileDraft large = file;
        if (large != null) {
            return ended(large.commit(envelope));
        }
        int fault = StoredEnvelope.check(envelope);
        if (fault != 0) {
            return new Intake.Outcome.Refused(fault);
        }
        return store(fields.apply(envelope));
    }

    /** The same, given the octets that are written behind the message. */
    Intake.Outcome store(byte[] stored) {
        FileDraft large = file == null && stored.length > LARGE ? inFile() : file;
        if (large != null) {
            return ended(large.store(stored));
        }
        try {
            log.add(MessageFile.octets(octets, length, stored));
        } catch (IOException e) {
            return new Intake.Outcome.Refused(QueueExit.of(e, QueueExit.CANNOT_SYNC));
        }
        over = true;
        return new Intake.Outcome.Queued(ended.told(true));
    }

    private Intake.Outcome ended(Intake.Outcome outcome) {
        if (outcome instanceof Intake.Outcome.Queued) {
            over = true;
            return new Intake.Outcome.Queued(ended.told(true));
        }
        return outcome;
    }

    @Override
    public void close() {
        FileDraft large = file;
        if (large != null) {
            large.close();
        }
        if (!over) {
            over = true;
            ended.told(false);
        }
    }
}
