package org.postern.tool;

import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.postern.chain.Tool;

/** A file named on a command line. */
final class FileName {
    private FileName() {}

    /**
     * The file that the name opens.
     *
     * @throws NoSuchFileException for the empty name: the system knows no file by it, but to Java it is the working
     *     directory
     */
    static Path of(Tool.Invocation call, String name) throws NoSuchFileException {
        if (name.isEmpty()) {
            throw new NoSuchFileException(name);
        }
        return call.path(name);
    }
}
