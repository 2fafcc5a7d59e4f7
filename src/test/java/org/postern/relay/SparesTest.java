package org.postern.relay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SparesTest {
    private final Spares spares = new Spares();

    @BeforeEach
    void theFirstIsNeverKept() {
        assertThat(spares.keep("192.0.2.1", "USER=x\0", ".t")).isEqualTo(".t");
        assertThat(spares.take("192.0.2.1", "USER=x\0")).isNull();
    }

    @Test
    void whatIsKeptIsGivenOutOnce() {
        assertThat(spares.keep("192.0.2.1", "USER=a\0", ".1")).isNull();
        assertThat(spares.keep("192.0.2.2", "USER=a\0", ".2")).isNull();
        assertThat(spares.take("192.0.2.1", "USER=b\0")).isNull();
        assertThat(spares.take("192.0.2.1", "USER=a\0")).isEqualTo(".1");
        assertThat(spares.take("192.0.2.1", "USER=a\0")).isNull();
        assertThat(spares.take("192.0.2.2", "USER=a\0")).isEqualTo(".2");
    }

    @Test
    void oneFileForAUserAndAnAddressIsEnough() {
        assertThat(spares.keep("192.0.2.1", "USER=a\0", ".1")).isNull();
        assertThat(spares.keep("192.0.2.1", "USER=a\0", ".2")).isEqualTo(".1");
        assertThat(spares.take("192.0.2.1", "USER=a\0")).isEqualTo(".2");
    }

    @Test
    void theOneNotUsedForLongestGoesFirst() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(spares.keep("192.0.2.1", "USER=" + i + "\0", "." + i)).isNull();
        }
        assertThat(spares.keep("192.0.2.1", "USER=one more\0", ".more")).isEqualTo(".0");
        assertThat(spares.take("192.0.2.1", "USER=0\0")).isNull();
    }
}
