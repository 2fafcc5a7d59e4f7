package org.postern.config;

import java.util.List;
import org.postern.chain.Env;

/** Root, and a user with a HOME. */
public final class TestingRunner {
    public static final Runner ROOT = new Runner(true, Env.empty());

    private TestingRunner() {}

    /** An ordinary user with these {@code NAME=value} in his environment. */
    static Runner user(String... environment) {
        return new Runner(false, Env.of(List.of(environment)));
    }
}
