package org.postern.tool;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.mail.Envelope;
import org.postern.os.Octets;
import org.postern.queue.DropIntake;
import org.postern.queue.Intake;
import org.postern.queue.Origin;
import org.postern.queue.QueueDirectory;
import org.postern.queue.QueueExit;
import org.postern.queue.SocketIntake;

/**
 * usage: qmail-queue, the message on descriptor 0, the envelope on descriptor 1: F sender NUL, T recipient NUL for each,
 * NUL. Exits 0 when the message is on disk; see docs/programs/qmail-queue.md.
 */
public final class QmailQueue implements Tool {
    private static final int BUFFER = 8192;
    /** qmail-queue's ADDR: the octets of an address, its letter and NUL not counted, stay below it. */
    private static final int MAX_ADDRESS = 1003;
    /** As the queue takes them; see docs/queue.md. */
    private static final int MAX_ENVELOPE = 16 << 20;

    private final Disk disk;
    private final InstantSource clock;

    /** Ends with this exit code. */
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;
        private final int exit;

        Refusal(int exit) {
            super("exit " + exit, null, false, false);
            this.exit = exit;
        }
    }

    public QmailQueue() {
        this(Disk.real(), InstantSource.system());
    }

    QmailQueue(Disk disk, InstantSource clock) {
        this.disk = disk;
        this.clock = clock;
    }

    @Override
    public Exit run(Invocation call) {
        QueueDirectory queue = UserQueue.directory(call);
        SocketIntake intake = new SocketIntake(queue, new DropIntake(queue, disk, clock, Origin.LOCAL), Origin.LOCAL);
        try (Intake.Draft draft = intake.begin()) {
            copyMessage(call, draft);
            Envelope envelope = envelope(call);
            return Exit.code(
                    switch (draft.commit(envelope)) {
                        case Intake.Outcome.Queued q -> 0;
                        case Intake.Outcome.Refused r -> r.exit();
                    });
        } catch (Refusal e) {
            return Exit.code(e.exit);
        }
    }

    private static void copyMessage(Invocation call, Intake.Draft draft) throws Refusal {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = call.fds().input(0)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                draft.write(buffer, 0, n);
            }
        } catch (IOException e) {
            throw new Refusal(QueueExit.READ_ERROR);
        }
    }

    private static Envelope envelope(Invocation call) throws Refusal {
        try (InputStream in = new BufferedInputStream(call.fds().input(1), BUFFER)) {
            if (octet(in) != 'F') {
                throw new Refusal(QueueExit.BAD_ENVELOPE);
            }
            String sender = address(in);
            List<String> recipients = new ArrayList<>();
            long total = sender.length();
            for (int letter = octet(in); letter != 0; letter = octet(in)) {
                if (letter != 'T') {
                    throw new Refusal(QueueExit.BAD_ENVELOPE);
                }
                String recipient = address(in);
                recipients.add(recipient);
                total += recipient.length() + 2;
                if (total > MAX_ENVELOPE) {
                    throw new Refusal(QueueExit.REFUSED);
                }
            }
            return new Envelope(sender, recipients);
        } catch (IOException e) {
            throw new Refusal(QueueExit.READ_ERROR);
        }
    }

    private static String address(InputStream in) throws IOException, Refusal {
        byte[] octets = new byte[MAX_ADDRESS];
        for (int length = 0; length < MAX_ADDRESS; length++) {
            int octet = octet(in);
            if (octet == 0) {
                return Octets.of(octets, 0, length);
            }
            octets[length] = (byte) octet;
        }
        throw new Refusal(QueueExit.ADDRESS_TOO_LONG);
    }

    private static int octet(InputStream in) throws IOException, Refusal {
        int octet = in.read();
        if (octet < 0) {
            throw new Refusal(QueueExit.READ_ERROR);
        }
        return octet;
    }
}
