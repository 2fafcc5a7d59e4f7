package org.postern.chain;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.time.ZoneId;
import org.postern.os.Syslog;

/** Descriptor 2 of a program: whole lines, each one write, from any thread. */
@FunctionalInterface
public interface Log {
    /** Writes the line; a line feed is added. */
    void line(String octets);

    /**
     * The process's descriptor 2, and syslog where that is the client: see {@link StandardError}. What cannot be written
     * is dropped: there is nowhere to say so.
     *
     * @param inSession whether a server has started this process for a connection, as PROTO in the environment says
     */
    static Log standardError(boolean inSession) {
        return new StandardError(
                new FileOutputStream(FileDescriptor.err),
                Path.of("/proc/self/fd"),
                inSession,
                () -> new Syslog(Path.of("/dev/log"), ZoneId.systemDefault()));
    }
}
