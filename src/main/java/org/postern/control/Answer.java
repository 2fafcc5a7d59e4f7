package org.postern.control;

import java.io.IOException;
import java.io.OutputStream;

/** Where a command's output goes: to the one who asked, wherever he is. */
public interface Answer {
    /** Standard output; buffer what is small. */
    OutputStream out();

    /** A line on standard error. */
    void error(String line) throws IOException;
}
