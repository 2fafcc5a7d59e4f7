package org.postern.tool;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import org.postern.chain.Tool;
import org.postern.control.Request;
import org.postern.os.Errno;

/** usage: qmail-tcpok. Makes hosts that did not answer worth a try again, for root and the queue's owner. */
public final class QmailTcpok implements Tool {
    private static final int FAILED = 111;

    @Override
    public Exit run(Invocation call) {
        Path queue = UserQueue.directory(call).root();
        try {
            return Exit.code(QueueAsking.ask(
                    queue,
                    call.identity(),
                    new Request.ForgetTimeOuts(),
                    OutputStream.nullOutputStream(),
                    line -> call.fds().log().line("qmail-tcpok: fatal: " + line)));
        } catch (IOException e) {
            call.fds()
                    .log()
                    .line("qmail-tcpok: fatal: unable to clear " + queue.resolve("tcpto") + ": " + Errno.djbText(e));
            return Exit.code(FAILED);
        }
    }
}
