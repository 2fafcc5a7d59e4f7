package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import org.postern.chain.Tool;
import org.postern.os.Errno;
import org.postern.queue.QueueDirectory;
import org.postern.queue.QueueFiles;

/** usage: qmail-qstat. Counts the messages of the queue, for root and the queue's owner. */
public final class QmailQstat implements Tool {
    private static final int FAILED = 111;

    @Override
    public Exit run(Invocation call) throws IOException {
        Path home = QmailHome.of(call);
        QueueDirectory queue = QueueDirectory.underQmail(home);
        try {
            QueueFiles files = new QueueFiles(queue);
            int dropped = files.dropped();
            call.fds()
                    .connection()
                    .write("messages in queue: " + (files.count() + dropped)
                            + "\nmessages in queue but not yet preprocessed: " + dropped + "\n");
            return Exit.code(0);
        } catch (IOException e) {
            call.fds()
                    .log()
                    .line("qmail-qstat: fatal: unable to read " + queue.root() + ": " + Errno.djbText(e)
                            + (Errno.of(e) == Errno.EACCES ? " (root and its owner may)" : ""));
            return Exit.code(FAILED);
        }
    }
}
