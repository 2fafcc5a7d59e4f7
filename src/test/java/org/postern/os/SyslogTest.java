package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyslogTest {
    private static final Instant AT = Instant.parse("2026-11-04T02:21:09Z");
    private static final int DAEMON = 3;

    @TempDir
    Path directory;

    @Test
    void aLineIsADatagramWithPriorityTimeAndTag() throws IOException {
        Path path = directory.resolve("log");
        try (TestingSyslogd syslogd = new TestingSyslogd(path);
                Syslog syslog = new Syslog(path, ZoneOffset.UTC)) {
            assertThat(syslog.send(DAEMON, Syslog.INFO, AT, "pop3d", "caf\u00e9"))
                    .isEqualTo(new Syslog.Sent.Done());
            assertThat(syslogd.received()).containsExactly("<30>Nov  4 02:21:09 pop3d: caf\u00e9");
        }
    }

    @Test
    void theTimeIsLocal() throws IOException {
        Path path = directory.resolve("log");
        try (TestingSyslogd syslogd = new TestingSyslogd(path);
                Syslog syslog = new Syslog(path, ZoneId.of("Asia/Tokyo"))) {
            syslog.send(DAEMON, Syslog.ALERT, AT, "t", "m");
            assertThat(syslogd.received()).containsExactly("<25>Nov  4 11:21:09 t: m");
        }
    }

    @Test
    void whereNobodyListensItSaysSo() {
        try (Syslog syslog = new Syslog(directory.resolve("log"), ZoneOffset.UTC)) {
            assertThat(syslog.send(DAEMON, Syslog.INFO, AT, "t", "m"))
                    .isInstanceOfSatisfying(
                            Syslog.Sent.Failed.class,
                            failed -> assertThat(failed.why().errno()).isEqualTo(2));
        }
    }

    @Test
    void aSyslogdThatWasStartedAnewIsFoundAgain() throws IOException {
        Path path = directory.resolve("log");
        try (Syslog syslog = new Syslog(path, ZoneOffset.UTC)) {
            for (int i = 0; i < 3; i++) {
                try (TestingSyslogd syslogd = new TestingSyslogd(path)) {
                    assertThat(syslog.send(DAEMON, Syslog.INFO, AT, "t", "m" + i))
                            .isEqualTo(new Syslog.Sent.Done());
                    assertThat(syslogd.received()).containsExactly("<30>Nov  4 02:21:09 t: m" + i);
                }
                assertThat(syslog.send(DAEMON, Syslog.INFO, AT, "t", "lost")).isInstanceOf(Syslog.Sent.Failed.class);
            }
        }
    }

    @Test
    void aSyslogdThatReadsNothingIsLeftAlone() throws IOException {
        Path path = directory.resolve("log");
        try (TestingSyslogd stuck = new TestingSyslogd(path);
                Syslog syslog = new Syslog(path, ZoneOffset.UTC, Duration.ofMillis(50))) {
            int sent = 0;
            while (syslog.send(DAEMON, Syslog.INFO, AT, "t", "m" + sent) instanceof Syslog.Sent.Done) {
                sent++;
            }
            long before = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                assertThat(syslog.send(DAEMON, Syslog.INFO, AT, "t", "m")).isInstanceOf(Syslog.Sent.Failed.class);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(1));
            assertThat(stuck.received()).hasSize(sent);
        }
    }

    @Test
    void aPathTooLongForASocketIsAFailure() {
        try (Syslog syslog = new Syslog(Path.of("/" + "a".repeat(120)), ZoneOffset.UTC)) {
            assertThat(syslog.send(DAEMON, Syslog.INFO, AT, "t", "m")).isInstanceOf(Syslog.Sent.Failed.class);
        }
    }
}
