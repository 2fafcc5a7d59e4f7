package org.postern.queue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.postern.mail.Envelope;
import org.postern.os.Octets;

/** Keeps what it is given, and answers as told. */
public final class TestingIntake implements Intake {
    /** A message that was committed. */
    public record Message(Envelope envelope, String text) {}

    private final List<Message> messages = new ArrayList<>();
    private Outcome answer;
    private boolean broken;

    public TestingIntake(long id) {
        answer = new Outcome.Queued(id);
    }

    /** Refuses from now on with this exit code. */
    public TestingIntake refusing(int exit) {
        answer = new Outcome.Refused(exit);
        return this;
    }

    /** Cannot even start. */
    public TestingIntake broken() {
        broken = true;
        return this;
    }

    public List<Message> messages() {
        return messages;
    }

    @Override
    public Draft begin() throws IOException {
        if (broken) {
            throw new IOException("no queue");
        }
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        return new Draft() {
            @Override
            public void write(byte[] from, int offset, int length) {
                text.write(from, offset, length);
            }

            @Override
            public Outcome commit(Envelope envelope) {
                if (answer instanceof Outcome.Queued) {
                    messages.add(new Message(envelope, Octets.of(text.toByteArray())));
                }
                return answer;
            }

            @Override
            public void close() {}
        };
    }
}
