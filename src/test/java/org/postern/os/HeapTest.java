package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapTest {
    private static final long MB = 1 << 20;

    @Test
    void aCollectionIsDueWhenMuchHasComeSinceTheLast() {
        assertThat(Heap.isDue(10 * MB, 90 * MB)).isFalse();
        assertThat(Heap.isDue(10 * MB, 96 * MB)).isTrue();
    }

    @Test
    void aLargeHeapMayGrowByMore() {
        assertThat(Heap.isDue(400 * MB, 600 * MB)).isFalse();
        assertThat(Heap.isDue(400 * MB, 681 * MB)).isTrue();
    }
}
