package org.postern.tool;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.postern.chain.Args;
import org.postern.chain.Descriptors;
import org.postern.chain.Tool;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.os.OsException;

/**
 * {@code relay-ctrl-chdir program [arguments]}: opens RELAY_CTRL_DIR, says its descriptor in RELAY_CTRL_DIR_FD and
 * becomes the program. So the programs behind it reach the directory where they may not pass the ones above.
 */
public final class RelayCtrlChdir implements Tool {
    @Override
    public Exit run(Invocation call) {
        RelayCtrl relayCtrl = RelayCtrl.of("relay-ctrl-chdir", call);
        List<String> next = call.args().arguments();
        if (next.isEmpty()) {
            relayCtrl.fatal("usage: relay-ctrl-chdir program [arguments]\n");
            return Exit.code(1);
        }
        String directory = call.env().get("RELAY_CTRL_DIR");
        if (directory == null) {
            relayCtrl.fatal("$RELAY_CTRL_DIR is not set.");
            return Exit.code(111);
        }
        Path path = relayCtrl.path(directory);
        try {
            if (path == null) {
                throw new OsException("open", Errno.ENOENT.number());
            }
            int fd = Descriptor.openDirectory(Octets.of(path));
            Descriptors fds = relayCtrl.withoutDirectory().with(fd, new Descriptors.Other.Open(fd));
            return new Exit.Exec(
                    new Args(next),
                    call.env().with("RELAY_CTRL_DIR_FD", Integer.toString(fd)),
                    call.cwd(),
                    call.identity(),
                    fds,
                    why -> {
                        relayCtrl.fatal("execution of program failed!\n");
                        return Exit.code(111);
                    });
        } catch (OsException e) {
            boolean isFile = e.errno() == Errno.ENOTDIR.number() && path != null && Files.exists(path);
            relayCtrl.fatal(
                    isFile
                            ? "'" + directory + "' is not a directory"
                            : "Could not open dir '" + directory + "': " + Errno.text(e.errno()));
            return Exit.code(111);
        }
    }
}
