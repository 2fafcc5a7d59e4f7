package org.postern.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.queue.DropIntake;
import org.postern.queue.ForeignQueue;
import org.postern.queue.Intake;
import org.postern.queue.Origin;
import org.postern.queue.QueueDirectory;
import org.postern.queue.SocketIntake;

/** Where the programs of users put messages: our queue, or the qmail-queue that QMAILQUEUE names. */
final class UserQueue {
    /** As long as the original's qmail-queue itself would wait. */
    private static final Duration PATIENCE = Duration.ofHours(24);

    private static final int BUFFER = 64 << 10;

    private UserQueue() {}

    static Intake of(Tool.Invocation call) {
        Path home = QmailHome.of(call);
        return call.env()
                .find("QMAILQUEUE")
                .<Intake>map(
                        program -> new ForeignQueue(program, call.env().entries(), home, call.identity(), PATIENCE))
                .orElseGet(() -> of(directory(call), Origin.LOCAL));
    }

    /** Our queue, for another process than its owner's. */
    static Intake of(QueueDirectory queue, Origin origin) {
        return new SocketIntake(queue, new DropIntake(queue, Disk.real(), InstantSource.system(), origin), origin);
    }

    /**
     * Where our queue is: POSTERN_QUEUE; else postern-queue in the qmail directory; else, where that is not there and
     * QMAILHOME says nothing, postern serve's usual one (docs/adr/0057).
     */
    static QueueDirectory directory(Tool.Invocation call) {
        Optional<String> named = call.env().find("POSTERN_QUEUE");
        if (named.isPresent()) {
            return new QueueDirectory(call.path(named.get()));
        }
        QueueDirectory qmails = QueueDirectory.underQmail(QmailHome.of(call));
        return !call.env().has("QMAILHOME") && !qmails.exists() && QueueDirectory.OF_SERVE.exists()
                ? QueueDirectory.OF_SERVE
                : qmails;
    }

    /** Puts all that is left to read into the draft. */
    static void copy(InputStream from, Intake.Draft draft) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
            draft.write(buffer, 0, n);
        }
    }
}
