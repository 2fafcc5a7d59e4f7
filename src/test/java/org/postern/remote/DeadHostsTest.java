package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DeadHostsTest {
    private static final InetSocketAddress HOST = new InetSocketAddress("192.0.2.1", 25);

    private Instant now = Instant.parse("2026-11-24T02:00:00Z");
    private final DeadHosts dead = new DeadHosts(() -> now);

    private void after(Duration time) {
        now = now.plus(time);
    }

    @Test
    void twoTimeOutsAtLeastTwoMinutesApartMakeAHostDeadForAnHour() {
        dead.timedOut(HOST);
        assertThat(dead.leaveAlone(HOST)).isFalse();
        after(Duration.ofSeconds(119));
        dead.timedOut(HOST);
        assertThat(dead.leaveAlone(HOST)).isFalse();
        after(Duration.ofSeconds(1));
        dead.timedOut(HOST);
        assertThat(dead.leaveAlone(HOST)).isTrue();
        assertThat(dead.leaveAlone(new InetSocketAddress("192.0.2.1", 2525))).isFalse();
        after(Duration.ofMinutes(59));
        assertThat(dead.leaveAlone(HOST)).isTrue();
        after(Duration.ofMinutes(1));
        assertThat(dead.leaveAlone(HOST)).isFalse();
        dead.timedOut(HOST);
        assertThat(dead.leaveAlone(HOST)).isTrue();
    }

    @Test
    void allCanBeForgotten() {
        dead.timedOut(HOST);
        after(Duration.ofMinutes(3));
        dead.timedOut(HOST);
        dead.clear();
        assertThat(dead.leaveAlone(HOST)).isFalse();
    }

    @Test
    void anAnswerForgetsIt() {
        dead.timedOut(HOST);
        after(Duration.ofMinutes(3));
        dead.timedOut(HOST);
        dead.answered(HOST);
        assertThat(dead.leaveAlone(HOST)).isFalse();
    }

    @Test
    void onlyAThousandAreRemembered() {
        dead.timedOut(HOST);
        IntStream.range(0, 1000).forEach(i -> dead.timedOut(new InetSocketAddress("192.0.2.2", i + 1)));
        after(Duration.ofMinutes(3));
        dead.timedOut(HOST);
        assertThat(dead.leaveAlone(HOST)).isFalse();
    }
}
