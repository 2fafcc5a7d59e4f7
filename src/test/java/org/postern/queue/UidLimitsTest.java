package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UidLimitsTest {
    @Test
    void oneUserDoesNotTakeAllPlaces() {
        UidLimits limits = new UidLimits(3, 2);
        assertThat(limits.enter(1)).isTrue();
        assertThat(limits.enter(1)).isTrue();
        assertThat(limits.enter(1)).isFalse();
        assertThat(limits.enter(2)).isTrue();
        assertThat(limits.enter(3)).as("in all").isFalse();
        limits.leave(1);
        assertThat(limits.enter(3)).isTrue();
        limits.leave(1);
        assertThat(limits.enter(1)).isTrue();
        assertThat(limits.enter(1)).isFalse();
    }
}
