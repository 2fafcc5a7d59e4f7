package org.postern.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FailedLoginsTest {
    private final FailedLogins failedLogins = new FailedLogins();

    @Test
    void delayGrowsWithEachFailureAndHasAnEnd() {
        assertThat(IntStream.range(0, 50)
                        .mapToObj(i -> failedLogins.failed("192.0.2.7", 0).toSeconds()))
                .startsWith(0L, 0L, 0L, 1L, 2L, 4L, 8L, 8L)
                .endsWith(8L);
        assertThat(failedLogins.failed("192.0.2.8", 0)).isZero();
    }

    @Test
    void timeForgets() {
        IntStream.range(0, 5).forEach(i -> failedLogins.failed("192.0.2.7", 0));
        assertThat(failedLogins.failed("192.0.2.7", Duration.ofMinutes(9).toNanos()))
                .isPositive();
        assertThat(failedLogins.failed("192.0.2.7", Duration.ofMinutes(20).toNanos()))
                .isZero();
    }

    @Test
    void memoryIsBounded() {
        IntStream.range(0, 5).forEach(i -> failedLogins.failed("first", 0));
        IntStream.range(0, 10_000).forEach(i -> failedLogins.failed("other" + i, 0));
        assertThat(failedLogins.failed("first", 0)).as("pushed out").isZero();
    }
}
