package org.postern.queue;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands, but for a microsecond a look, so that ids differ. */
public final class TestingClock implements InstantSource {
    private Instant now = Instant.ofEpochSecond(1_795_486_673L);

    @Override
    public synchronized Instant instant() {
        now = now.plusNanos(1000);
        return now;
    }

    public synchronized void advance(Duration by) {
        now = now.plus(by);
    }
}
