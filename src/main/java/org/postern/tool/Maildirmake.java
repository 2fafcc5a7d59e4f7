package org.postern.tool;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.postern.chain.Tool;
import org.postern.maildir.Maildir;
import org.postern.os.Errno;

/** {@code maildirmake name}: makes a Maildir that only its owner can enter. */
public final class Maildirmake implements Tool {
    private static final String USAGE = "maildirmake: usage: maildirmake name";

    @Override
    public Exit run(Invocation call) {
        if (call.args().arguments().isEmpty()) {
            call.fds().log().line(USAGE);
            return Exit.code(100);
        }
        String maildir = call.args().arguments().getFirst();
        String name = maildir;
        try {
            if (maildir.isEmpty()) {
                throw new NoSuchFileException(maildir);
            }
            Maildir.makeDirectory(call.path(maildir));
            for (String part : Maildir.PARTS) {
                name = maildir + "/" + part;
                Maildir.makeDirectory(call.path(name));
            }
            return Exit.code(0);
        } catch (IOException e) {
            call.fds().log().line("maildirmake: fatal: unable to mkdir " + name + ": " + Errno.djbText(e));
            return Exit.code(111);
        }
    }
}
