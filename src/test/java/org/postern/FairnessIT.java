package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;
import org.postern.queue.DropIntake;
import org.postern.queue.Origin;
import org.postern.queue.QueueDirectory;
import org.postern.queue.SocketIntake;
import org.postern.queue.TestingQueue;
import org.postern.remote.TestingSmtpServer;

/**
 * Mail for a good host goes on at once beside hundreds of messages for hosts that hang, refuse, answer slowly or do not
 * answer at all (docs/adr/0028). Judged by the order in the log and by who has deliveries, not by the clock.
 */
class FairnessIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int CONCURRENCY = 20;
    /** Each has so many domains, */
    private static final int DOMAINS = 3;
    /** and each of these so many messages. */
    private static final int MESSAGES = 30;

    private static final int GOOD = 10;
    private static final List<String> BAD = List.of("hangs", "silent", "slow", "refuses");
    private static final Pattern STARTED =
            Pattern.compile("starting delivery (\\d+): msg \\d+ to remote (\\S+)@([a-z]+)\\d*\\.test");

    @TempDir
    Path directory;

    @Test
    void aGoodHostNeverWaitsForBadOnes() throws IOException {
        try (TestingSmtpServer good = TestingSmtpServer.answering(Map.of());
                TestingSmtpServer hangs = TestingSmtpServer.answering(Map.of("greeting", "<silence>"));
                TestingSilence silent = new TestingSilence();
                TestingSink slow = TestingSink.start(directory.resolve("slow"), "-p", "-W", "MAIL:1", "-W", "RCPT:1");
                TestingSite site = new TestingSite(directory)) {
            slow.awaitReady();
            StringBuilder routes = new StringBuilder("good.test:127.0.0.1:" + good.port() + "\n");
            Map<String, Integer> ports = Map.of(
                    "hangs", hangs.port(), "silent", silent.port(), "slow", slow.port(), "refuses", closedPort());
            ports.forEach((name, port) -> {
                for (int i = 0; i < DOMAINS; i++) {
                    routes.append(name + i + ".test:127.0.0.1:" + port + "\n");
                }
            });
            site.control("smtproutes", routes.toString());
            site.control("concurrencyremote", CONCURRENCY + "\n");
            // Longer than the test: what hangs has its delivery to the end.
            site.control("timeoutremote", "600\n");
            site.control("timeoutconnect", "600\n");
            TestingSite.Server send = site.send();
            submit("before", "good.test");
            await().atMost(LIMIT).until(() -> send.log().contains(": success: "));
            for (int message = 0; message < MESSAGES; message++) {
                for (int i = 0; i < DOMAINS; i++) {
                    for (String name : BAD) {
                        submit("bad" + message, name + i + ".test");
                    }
                }
            }
            await().atMost(LIMIT).until(() -> underWay(send.log()).size() >= CONCURRENCY / 2);

            for (int i = 0; i < GOOD; i++) {
                String name = "good" + i;
                submit(name, "good.test");
                await().atMost(LIMIT).until(() -> succeeded(send.log(), name));
            }
            String log = send.log();
            Set<String> held = underWay(log);
            // What hangs has no more than three quarters, and none of the good ones had to wait for one of those to
            // end.
            assertThat(held).hasSizeBetween(1, CONCURRENCY * 3 / 4);
            assertThat(ended(log)).noneMatch(name -> name.equals("hangs") || name.equals("silent"));
            for (int i = 0; i < GOOD; i++) {
                // Destinations take turns: at most one of each may have come before.
                assertThat(startedMeanwhile(log, "good" + i)).as("good" + i).isLessThanOrEqualTo(BAD.size() * DOMAINS);
            }
            await().atMost(LIMIT).until(() -> ended(send.log()).containsAll(List.of("slow", "refuses")));
            assertThat(good.sessions()).isNotEmpty();
            // TERM would wait for what hangs.
            send.process().destroyForcibly();
        }
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            return socket.getLocalPort();
        }
    }

    private void submit(String name, String domain) throws IOException {
        QueueDirectory queue = new QueueDirectory(directory.resolve("qmail/postern-queue"));
        TestingQueue.submit(
                new SocketIntake(
                        queue, new DropIntake(queue, Disk.real(), InstantSource.system(), Origin.LOCAL), Origin.LOCAL),
                "Subject: t\n\nx\n",
                "",
                name + "@" + domain);
    }

    /** Deliveries to hosts that hang or are silent, as far as they have not ended: their numbers. */
    private static Set<String> underWay(String log) {
        Set<String> numbers = new HashSet<>();
        Matcher started = STARTED.matcher(log);
        while (started.find()) {
            if (started.group(3).equals("hangs") || started.group(3).equals("silent")) {
                numbers.add(started.group(1));
            }
        }
        numbers.removeIf(number -> log.contains("\ndelivery " + number + ": "));
        return numbers;
    }

    /** Kinds of hosts to which deliveries have ended. */
    private static List<String> ended(String log) {
        List<String> names = new ArrayList<>();
        Matcher started = STARTED.matcher(log);
        while (started.find()) {
            if (log.contains("\ndelivery " + started.group(1) + ": ")) {
                names.add(started.group(3));
            }
        }
        return names;
    }

    private static boolean succeeded(String log, String name) {
        Matcher started = Pattern.compile("starting delivery (\\d+): msg \\d+ to remote " + name + "@good.test")
                .matcher(log);
        return started.find() && log.contains("\ndelivery " + started.group(1) + ": success: ");
    }

    /** How many deliveries began between the message's coming and its own. */
    private static int startedMeanwhile(String log, String name) {
        Matcher own = Pattern.compile("starting delivery \\d+: msg (\\d+) to remote " + name + "@good.test")
                .matcher(log);
        assertThat(own.find()).as(name).isTrue();
        int came = log.indexOf("new msg " + own.group(1) + "\n");
        return log.substring(came, own.start()).split("starting delivery ", -1).length - 1;
    }
}
