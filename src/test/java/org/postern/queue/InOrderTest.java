package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InOrderTest {
    private static final long MB = 1 << 20;

    /** With every processor reading a segment of 20 MB, a small heap would end a start on a large machine. */
    @Test
    void whatIsReadAtATimeFitsIntoAQuarterOfTheHeap() {
        assertThat(InOrder.threads(20 * MB, 16, 96 * MB)).isEqualTo(1);
        assertThat(InOrder.threads(20 * MB, 16, 800 * MB)).isEqualTo(9);
        assertThat(InOrder.threads(20 * MB, 2, 800 * MB)).isEqualTo(2);
    }
}
