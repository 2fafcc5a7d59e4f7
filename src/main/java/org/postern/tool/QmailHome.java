package org.postern.tool;

import java.nio.file.Path;
import org.postern.chain.Tool;

/** The qmail directory, which the originals have compiled in. */
final class QmailHome {
    private QmailHome() {}

    /** QMAILHOME, or /var/qmail. */
    static Path of(Tool.Invocation call) {
        return call.path(call.env().find("QMAILHOME").orElse("/var/qmail"));
    }
}
