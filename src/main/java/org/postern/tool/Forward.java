package org.postern.tool;

import java.io.IOException;
import org.postern.chain.Tool;
import org.postern.os.Errno;

/**
 * usage: forward address ..., in a .qmail file. Puts the message into the queue for these addresses, its sender NEWSENDER.
 * See docs/programs/forward.md.
 */
public final class Forward implements Tool {
    @Override
    public Exit run(Invocation call) throws IOException {
        if (call.args().arguments().isEmpty()) {
            call.fds().log().line("forward: usage: forward address ...");
            return Exit.code(100);
        }
        try {
            call.fds().rewind(0);
        } catch (IOException e) {
            // Another program's output: it begins here.
            if (Errno.of(e) != Errno.ESPIPE) {
                throw e;
            }
        }
        return new Resubmission("forward", "NEWSENDER", 0)
                .submit(call, call.args().arguments());
    }
}
