package org.postern.queue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntSupplier;
import org.postern.mail.Envelope;
import org.postern.os.Octets;

/** A queue in memory: keeps what was committed, and how many drafts are still open. */
public final class TestingIntake implements Intake {
    /** @param ofClient whether it came through {@link Intake#ofClients} */
    public record Message(long id, Envelope envelope, String text, boolean ofClient) {}

    private final List<Message> messages = new ArrayList<>();
    private final Iterator<Long> ids;
    private IntSupplier exit = () -> 0;
    private boolean broken;
    private int open;
    private long written;

    private TestingIntake(Iterator<Long> ids) {
        this.ids = ids;
    }

    /** Numbers its messages 1, 2, 3. */
    public static TestingIntake numbering() {
        return new TestingIntake(
                java.util.stream.LongStream.iterate(1, n -> n + 1).iterator());
    }

    /** Numbers its messages as told. */
    public static TestingIntake numbering(List<Long> ids) {
        return new TestingIntake(ids.iterator());
    }

    /** Refuses all messages with this exit code, at their commit. */
    public TestingIntake refusing(int exitCode) {
        exit = () -> exitCode;
        return this;
    }

    /** Cannot even begin. */
    public TestingIntake broken() {
        broken = true;
        return this;
    }

    public List<Message> messages() {
        return messages;
    }

    public int openDrafts() {
        return open;
    }

    /** Octets written to all drafts, whatever became of them. */
    public long written() {
        return written;
    }

    @Override
    public Intake ofClients() {
        return () -> begin(true);
    }

    @Override
    public Draft begin() throws IOException {
        return begin(false);
    }

    private Draft begin(boolean ofClient) throws IOException {
        if (broken) {
            throw new IOException("No space left on device");
        }
        open++;
        return new Draft() {
            private final ByteArrayOutputStream text = new ByteArrayOutputStream();

            @Override
            public void write(byte[] from, int offset, int length) {
                text.write(from, offset, length);
                written += length;
            }

            @Override
            public Outcome commit(Envelope envelope) {
                int code = exit.getAsInt();
                if (code != 0) {
                    return new Outcome.Refused(code);
                }
                messages.add(new Message(ids.next(), envelope, Octets.of(text.toByteArray()), ofClient));
                return new Outcome.Queued(messages.getLast().id());
            }

            @Override
            public void close() {
                open--;
            }
        };
    }
}
