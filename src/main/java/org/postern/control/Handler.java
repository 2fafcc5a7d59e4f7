package org.postern.control;

import java.io.IOException;

/** Who answers requests. From several threads at once. */
@FunctionalInterface
public interface Handler {
    /**
     * Does what is asked.
     *
     * @return the command's exit code
     * @throws IOException where it cannot be done, or the one who asked has gone; he is told the former
     */
    int answer(Request request, Answer answer) throws IOException;
}
