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
    private final DeadHosts dead = new DeadHosts(() -> now, () -> {});

    private void after(Duration time) {
        now = now.plus(time);
    }

    private boolean leaveAlone() {
        return dead.leaveAlone(HOST, Instant.MIN);
    }

    @Test
    void twoTimeOutsAtLeastTwoMinutesApartMakeAHostDeadForAnHour() {
        dead.timedOut(HOST);
        assertThat(leaveAlone()).isFalse();
        after(Duration.ofSeconds(119));
        dead.timedOut(HOST);
        assertThat(leaveAlone()).isFalse();
        after(Duration.ofSeconds(1));
        dead.timedOut(HOST);
        assertThat(leaveAlone()).isTrue();
        assertThat(dead.leaveAlone(new InetSocketAddress("192.0.2.1", 2525), Instant.MIN))
                .isFalse();
        after(Duration.ofMinutes(59));
        assertThat(leaveAlone()).isTrue();
        after(Duration.ofMinutes(1));
        assertThat(leaveAlone()).isFalse();
        dead.timedOut(HOST);
        assertThat(leaveAlone()).isTrue();
    }

    @Test
    void allCanBeForgotten() {
        dead.timedOut(HOST);
        after(Duration.ofMinutes(3));
        dead.timedOut(HOST);
        dead.clear();
        assertThat(leaveAlone()).isFalse();
    }

    @Test
    void anAnswerForgetsIt() {
        dead.timedOut(HOST);
        after(Duration.ofMinutes(3));
        dead.timedOut(HOST);
        dead.answered(HOST);
        assertThat(leaveAlone()).isFalse();
    }

    @Test
    void whoAsksForATryGetsItUntilTheNextTimeOut() {
        dead.timedOut(HOST);
        after(Duration.ofMinutes(3));
        dead.timedOut(HOST);
        Instant before = now;
        after(Duration.ofMinutes(3));
        Instant asked = now;
        assertThat(dead.leaveAlone(HOST, before)).isTrue();
        assertThat(dead.leaveAlone(HOST, asked)).isFalse();
        assertThat(leaveAlone()).isTrue();
        dead.timedOut(HOST);
        assertThat(dead.leaveAlone(HOST, asked)).isTrue();
    }

    @Test
    void onlyAThousandAreRemembered() {
        dead.timedOut(HOST);
        IntStream.range(0, 1000).forEach(i -> dead.timedOut(new InetSocketAddress("192.0.2.2", i + 1)));
        after(Duration.ofMinutes(3));
        dead.timedOut(HOST);
        assertThat(leaveAlone()).isFalse();
    }
}
