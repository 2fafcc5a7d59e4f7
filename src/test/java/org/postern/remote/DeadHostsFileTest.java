package org.postern.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;
import org.postern.file.HintFile;

class DeadHostsFileTest {
    private static final InetSocketAddress HOST = new InetSocketAddress("192.0.2.1", 25);
    private static final InetSocketAddress OTHER = new InetSocketAddress("2001:db8::1", 587);

    /** So long that only what is written at once, or at the end, is written. */
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    private Path directory;

    private final List<String> alerts = new CopyOnWriteArrayList<>();
    private Instant now = Instant.parse("2026-11-24T02:00:00Z");

    private Path file() {
        return directory.resolve("queue").resolve("tcpto");
    }

    private DeadHostsFile open() {
        return new DeadHostsFile(new HintFile(file(), Disk.real()), () -> now, alerts::add, LONG);
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(file());
    }

    private static boolean leavesAlone(DeadHostsFile kept, InetSocketAddress host) {
        return kept.hosts().leaveAlone(host, Instant.MIN);
    }

    @Test
    void aRestartForgetsNothing() throws IOException {
        Files.createDirectory(directory.resolve("queue"));
        DeadHostsFile first = open();
        first.hosts().timedOut(HOST);
        first.hosts().timedOut(OTHER);
        now = now.plusSeconds(200);
        first.hosts().timedOut(HOST);
        first.close();
        assertThat(lines()).containsExactly("2001:db8::1 587 1 1795485600", "192.0.2.1 25 2 1795485800");

        DeadHostsFile second = open();
        assertThat(leavesAlone(second, HOST)).isTrue();
        assertThat(leavesAlone(second, OTHER)).isFalse();
        second.hosts().timedOut(OTHER);
        assertThat(leavesAlone(second, OTHER)).isTrue();
        second.hosts().answered(HOST);
        second.close();
        assertThat(lines()).containsExactly("2001:db8::1 587 2 1795485800");

        now = now.plus(Duration.ofHours(1));
        assertThat(leavesAlone(open(), OTHER)).isFalse();
        assertThat(alerts).isEmpty();
    }

    @Test
    void aStormOfTimeOutsIsWrittenOnceAndAtTheEnd() throws IOException {
        Files.createDirectory(directory.resolve("queue"));
        DeadHostsFile kept = open();
        kept.hosts().timedOut(HOST);
        await().until(() -> Files.exists(file()));
        IntStream.range(0, 999).forEach(i -> kept.hosts().timedOut(new InetSocketAddress("192.0.2.2", i + 1)));
        assertThat(lines()).hasSize(1);
        kept.close();
        assertThat(lines()).hasSize(1000);
        kept.hosts().answered(HOST);
        kept.close();
        assertThat(lines()).hasSize(1000);
    }

    @Test
    void whatIsDamagedIsPassedOver() throws IOException {
        Files.createDirectory(directory.resolve("queue"));
        String good = "192.0.2.1 25 2 " + now.getEpochSecond() + "\n";
        Files.writeString(
                file(),
                "\n\0\u00ff\nx\n192.0.2.3 25 2\n192.0.2.3 0 2 1795485600\n192.0.2.3 25 99 1795485600\n"
                        + "192.0.2.3 25 2 99999999999999999999\nhost.example 25 2 1795485600\n"
                        + "192.0.2.3 25 2 1795485601\n" + good + "192.0.2.3 25 2 17954",
                java.nio.charset.StandardCharsets.ISO_8859_1);
        DeadHostsFile kept = open();
        assertThat(kept.hosts().all()).containsExactly(new TimedOut(HOST, 2, now));
        assertThat(leavesAlone(kept, HOST)).isTrue();
        kept.clear();
        assertThat(lines()).isEmpty();
        assertThat(leavesAlone(kept, HOST)).isFalse();
    }

    @Test
    void aFileThatCannotBeWrittenIsOneWarningUntilItCan() throws IOException {
        DeadHostsFile kept = open();
        kept.clear();
        kept.clear();
        String warning = "warning: unable to write " + file()
                + ": file does not exist; a restart forgets which hosts did not answer";
        assertThat(alerts).containsExactly(warning);
        Files.createDirectory(directory.resolve("queue"));
        kept.clear();
        Files.delete(file());
        Files.delete(directory.resolve("queue"));
        kept.clear();
        assertThat(alerts).containsExactly(warning, warning);

        Files.createDirectories(file());
        open();
        assertThat(alerts.getLast())
                .isEqualTo("warning: unable to read " + file()
                        + ": is a directory; hosts that did not answer before are tried again");
    }
}
