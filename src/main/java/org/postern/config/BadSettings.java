package org.postern.config;

import java.io.IOException;
import java.util.List;

/** Settings that cannot be used: all problems, each naming file, line, value and remedy. */
public final class BadSettings extends IOException {
    private static final long serialVersionUID = 1L;
    private final transient List<String> problems;

    public BadSettings(List<String> problems) {
        super(String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
