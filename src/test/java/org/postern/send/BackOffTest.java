package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackOffTest {
    private static final Instant BIRTH = Instant.ofEpochSecond(1_795_486_673L);

    private static List<Long> ages(BackOff backOff, int tries) {
        List<Long> ages = new ArrayList<>();
        Instant now = BIRTH;
        for (int i = 0; i < tries; i++) {
            now = backOff.next(BIRTH, now);
            ages.add(Duration.between(BIRTH, now).toSeconds());
        }
        return ages;
    }

    @Test
    void remoteTriesComeAtTheSquaresOfTwenty() {
        assertThat(ages(new BackOff(20, 0, new Random(1)), 5)).containsExactly(400L, 1600L, 3600L, 6400L, 10_000L);
    }

    @Test
    void localTriesComeAtTheSquaresOfTen() {
        assertThat(ages(new BackOff(10, 0, new Random(1)), 4)).containsExactly(100L, 400L, 900L, 1600L);
    }

    @Test
    void aWeekIsSomeFortyRemoteTries() {
        List<Long> ages = ages(new BackOff(20, 0, new Random(1)), 60);
        assertThat(ages.stream().filter(a -> a <= 604_800).count()).isEqualTo(38);
    }

    @Test
    void jitterDelaysByATenthOfTheIntervalAtMost() {
        BackOff backOff = new BackOff(20, 0.1, new Random(1));
        for (int i = 0; i < 1000; i++) {
            assertThat(Duration.between(BIRTH, backOff.next(BIRTH, BIRTH)).toSeconds())
                    .isBetween(400L, 440L);
        }
    }

    @Test
    void aClockThatWentBackIsNoTrouble() {
        Instant now = BIRTH.minusSeconds(1000);
        assertThat(new BackOff(20, 0, new Random(1)).next(BIRTH, now)).isEqualTo(now.plusSeconds(400));
    }
}
