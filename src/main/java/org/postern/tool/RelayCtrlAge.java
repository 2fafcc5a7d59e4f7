package org.postern.tool;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import org.postern.chain.Tool;
import org.postern.os.Errno;
import org.postern.relay.Aged;

/**
 * {@code relay-ctrl-age}: removes the expired grants in RELAY_CTRL_DIR; cron runs it every minute. Nothing depends on
 * it: relay-ctrl-check judges the age by itself.
 */
public final class RelayCtrlAge implements Tool {
    @Override
    public Exit run(Invocation call) {
        RelayCtrl relayCtrl = RelayCtrl.withoutPid("relay-ctrl-age", call);
        return switch (relayCtrl.whereNamed(0600)) {
            case RelayCtrl.Where.Unset u -> {
                relayCtrl.fatal("$RELAY_CTRL_DIR is not set.");
                yield Exit.code(1);
            }
            case RelayCtrl.Where.Nowhere n -> cannot(call, relayCtrl);
            case RelayCtrl.Where.In in -> {
                try {
                    report(relayCtrl.store(in.spool()).age(), relayCtrl);
                    yield Exit.code(0);
                } catch (NoSuchFileException | NotDirectoryException | AccessDeniedException e) {
                    yield cannot(call, relayCtrl);
                } catch (IOException e) {
                    relayCtrl.fatal(
                            "Could not list '" + call.env().get("RELAY_CTRL_DIR") + "': " + Errno.text(e) + ".");
                    yield Exit.code(1);
                }
            }
        };
    }

    private static Exit cannot(Invocation call, RelayCtrl relayCtrl) {
        relayCtrl.fatal("Could not change directory to '" + call.env().get("RELAY_CTRL_DIR") + "'.");
        return Exit.code(1);
    }

    private static void report(Aged aged, RelayCtrl relayCtrl) {
        if (aged.trouble() != null) {
            relayCtrl.warning(aged.trouble() + (aged.stuck() > 1 ? " (and " + (aged.stuck() - 1) + " more)" : ""));
        }
    }
}
