package org.postern.chain;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import org.postern.os.Octets;

/** Descriptor 2 of a program: whole lines, each one write, from any thread. */
@FunctionalInterface
public interface Log {
    /** Writes the line; a line feed is added. */
    void line(String octets);

    /** The process's descriptor 2. What cannot be written there is dropped: there is nowhere to say so. */
    static Log standardError() {
        FileOutputStream err = new FileOutputStream(FileDescriptor.err);
        return octets -> {
            try {
                err.write(Octets.bytes(octets + "\n"));
            } catch (IOException e) {
                // Nobody reads the log any more; the programs go on, as the originals do.
                return;
            }
        };
    }
}
