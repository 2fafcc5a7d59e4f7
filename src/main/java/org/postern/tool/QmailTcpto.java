package org.postern.tool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.file.HintFile;
import org.postern.os.Errno;
import org.postern.queue.QueueDirectory;
import org.postern.remote.TimedOut;

/** usage: qmail-tcpto. Lists the hosts that did not answer, for root and the queue's owner. */
public final class QmailTcpto implements Tool {
    private static final int FAILED = 111;
    private static final int MOST = 1000;

    private final InstantSource clock;

    public QmailTcpto(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public Exit run(Invocation call) throws IOException {
        QueueDirectory queue = UserQueue.directory(call);
        HintFile file = queue.timeOuts(Disk.real());
        StringBuilder text = new StringBuilder();
        int code = 0;
        try {
            if (!Files.exists(queue.root())) {
                throw new NoSuchFileException(queue.root().toString());
            }
            Instant now = clock.instant();
            for (String line : file.read(MOST)) {
                TimedOut.parse(line).ifPresent(host -> append(host, now, text));
            }
        } catch (IOException e) {
            // The original says it on standard output, too.
            text.append("fatal: unable to read " + file.file() + ": " + Errno.djbText(e)
                    + (Errno.of(e) == Errno.EACCES ? " (root and its owner may)" : "") + "\n");
            code = FAILED;
        }
        call.fds().connection().write(text.toString());
        return Exit.code(code);
    }

    /** The original's line. */
    private static void append(TimedOut host, Instant now, StringBuilder text) {
        text.append(host.shown())
                .append(" timed out ")
                .append(Duration.between(host.last(), now).toSeconds())
                .append(" seconds ago; # recent timeouts: ")
                .append(host.count())
                .append('\n');
    }
}
