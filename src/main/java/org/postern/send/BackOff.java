package org.postern.send;

import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/**
 * When to try again: qmail's quadratic schedule. A try at age a is followed by one at (√a + skip)²; so tries come at
 * 0, 400, 1600, 3600 … seconds for skip 20, more and more rarely, and old messages do not crowd out new ones.
 *
 * @param skip 10 for local deliveries, 20 for remote ones (qmail-send's chanskip)
 * @param jitter a try comes later by up to this share of its interval, so that what failed together does not come back
 *     together
 * @param random where the jitter comes from
 */
record BackOff(int skip, double jitter, RandomGenerator random) {
    static final int LOCAL_SKIP = 10;
    static final int REMOTE_SKIP = 20;
    static final double JITTER = 0.1;

    Instant next(Instant birth, Instant now) {
        double age = Math.max(0, Duration.between(birth, now).toSeconds());
        double root = Math.floor(Math.sqrt(age)) + skip;
        long interval = (long) (root * root - age);
        return now.plusSeconds(interval + (long) (interval * jitter * random.nextDouble()));
    }
}
