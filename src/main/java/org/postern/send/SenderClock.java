package org.postern.send;

import java.time.Instant;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** The time and the chance that a sender goes by: tests have their own. */
public record SenderClock(InstantSource time, RandomGenerator random) {
    public static SenderClock system() {
        return new SenderClock(InstantSource.system(), new java.security.SecureRandom());
    }

    Instant now() {
        return time.instant();
    }
}
