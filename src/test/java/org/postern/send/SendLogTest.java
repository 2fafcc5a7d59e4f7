package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.queue.TestingQueue.submit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.TestingRecords;
import org.postern.config.SendSettings;
import org.postern.file.Disk;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.queue.Intake;

/**
 * Replays the deliveries of delivery.txt: what the deliverers said there, they say here, and the log must be the recorded
 * one.
 *
 * <p>Deliberate differences, all of them taken out by {@link #normal}:
 *
 * <table>
 * <tr><td>time stamps</td><td>splogger's, not qmail-send's</td></tr>
 * <tr><td>numbers of messages, qp, uid</td><td>numbered here as they appear; the originals are inodes and pids</td></tr>
 * <tr><td>bytes of a bounce</td><td>it is a multipart/report (RFC 3464)</td></tr>
 * </table>
 *
 * Cases where deliveries run side by side are compared as sets: the order is chance there as well.
 */
class SendLogTest {
    private static final SendSettings SETTINGS = SendSettings.defaults("hoge.example.com");

    @TempDir
    private Path scratch;

    static Stream<TestingRecords.Case> cases() throws IOException {
        // Those that forward hand a second message in from within the delivery, which is the local room's business.
        return TestingRecords.read("delivery.txt").stream()
                .filter(c -> log(c).stream().anyMatch(l -> l.startsWith("new msg")))
                .filter(c -> log(c).stream().noneMatch(l -> l.contains("/qp_")));
    }

    /** The recorded lines, without splogger's time stamps. */
    private static List<String> log(TestingRecords.Case c) {
        return c.entries().stream()
                .filter(e -> e.key().equals("LOG qmail"))
                .map(e -> e.value().substring(e.value().indexOf(' ') + 1))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theLogIsTheRecordedOne(TestingRecords.Case c) throws IOException {
        List<String> recorded = log(c);
        Map<String, DeliveryResult> answers = answers(recorded);
        TestingDeliverer all = new TestingDeliverer(d -> answer(answers, d));
        List<String> mine;
        try (TestingSender s = new TestingSender(scratch.resolve("q"), Disk.real(), SETTINGS, all, all)) {
            s.awaitLog("status: local 0/10 remote 0/20");
            s.files.log.clear();
            // As much text as makes the recorded number of bytes.
            long bytes = Long.parseLong(recorded.get(1).replaceFirst(".*: bytes (\\d+) .*", "$1"));
            int queueLine =
                    "Received: (qmail 1795486673000001 invoked by uid 0); 24 Nov 2026 02:17:53 -0000\n".length();
            String text = "x".repeat((int) bytes - queueLine - 1) + "\n";
            Intake.Outcome outcome = submit(s.files.drop(), text, sender(recorded.get(1)), recipients(recorded));
            assertThat(outcome).isInstanceOf(Intake.Outcome.Queued.class);
            org.awaitility.Awaitility.await()
                    .pollInterval(java.time.Duration.ofMillis(2))
                    .until(() -> s.log().size() == recorded.size());
            mine = s.log();
        }
        List<String> expected = normal(recorded);
        if (recorded.stream().filter(l -> l.startsWith("starting")).count() > 2) {
            // The status lines count what runs side by side.
            assertThat(withoutStatus(normal(mine))).containsExactlyInAnyOrderElementsOf(withoutStatus(expected));
        } else {
            assertThat(normal(mine)).containsExactlyElementsOf(expected);
        }
    }

    private static List<String> withoutStatus(List<String> lines) {
        return lines.stream()
                .filter(l -> !l.startsWith("status:"))
                .map(l -> l.replaceFirst("delivery \\d+:", "delivery:"))
                .toList();
    }

    private static String sender(String info) {
        return info.replaceFirst(".* from <(.*)> qp .*", "$1");
    }

    /** All that the first message goes to. */
    private static String[] recipients(List<String> log) {
        String first = log.getFirst().substring("new msg ".length());
        return log.stream()
                .filter(l -> l.contains(": msg " + first + " to "))
                .map(l -> l.substring(l.lastIndexOf(' ') + 1))
                .distinct()
                .toArray(String[]::new);
    }

    private static DeliveryResult answer(Map<String, DeliveryResult> answers, Delivery d) {
        return answers.get(d.recipient()
                + (d.sender().equals("#@[]") ? " double" : d.sender().isEmpty() ? " bounce" : ""));
    }

    /** What was reported for each recipient; slashes back to line feeds, underscores to blanks. */
    private static Map<String, DeliveryResult> answers(List<String> log) {
        Map<String, String> senders = new HashMap<>();
        Map<String, String> deliveries = new HashMap<>();
        Map<String, DeliveryResult> answers = new HashMap<>();
        for (String line : log) {
            String[] words = line.split(" ", -1);
            if (line.startsWith("info msg")) {
                senders.put(words[2].replace(":", ""), sender(line));
            } else if (line.startsWith("starting")) {
                String from = senders.get(words[4]);
                deliveries.put(
                        words[2], words[7] + (from.equals("#@[]") ? " double" : from.isEmpty() ? " bounce" : ""));
            } else if (line.startsWith("delivery")) {
                String report = words[3].replace('/', '\n').replace('_', ' ');
                answers.put(
                        deliveries.get(words[1]),
                        switch (words[2]) {
                            case "success:" -> new DeliveryResult.Delivered(report);
                            case "failure:" -> new DeliveryResult.Bounced(report);
                            default -> new DeliveryResult.Deferred(report);
                        });
            }
        }
        return answers;
    }

    private static List<String> normal(List<String> log) {
        Map<String, String> numbers = new HashMap<>();
        long firstDelivery = log.stream()
                .filter(l -> l.startsWith("starting"))
                .mapToLong(l -> Long.parseLong(l.split("[ :]", -1)[2]))
                .min()
                .orElse(1);
        List<String> lines = new ArrayList<>();
        boolean first = true;
        for (String line : log) {
            String normal = line.replaceFirst(" qp \\d+", " qp N").replaceFirst(" uid \\d+", " uid N");
            if (line.startsWith("info msg")) {
                normal = first ? normal : normal.replaceFirst("bytes \\d+", "bytes B");
                first = false;
            }
            normal = replaceNumber(normal, "(msg |bounce/)(\\d+)", numbers);
            if (normal.startsWith("starting delivery") || normal.startsWith("delivery")) {
                String number = normal.replaceFirst("\\D*(\\d+).*", "$1");
                normal = normal.replaceFirst(
                        "delivery \\d+", "delivery " + (Long.parseLong(number) - firstDelivery + 1));
            }
            lines.add(normal);
        }
        return lines;
    }

    /** The first message is called 1, the next one 2; a number that is used again for a later one is another one. */
    private static String replaceNumber(String line, String pattern, Map<String, String> numbers) {
        var matcher = java.util.regex.Pattern.compile(pattern).matcher(line);
        if (!matcher.find()) {
            return line;
        }
        String number = matcher.group(2);
        if (line.startsWith("new msg")) {
            numbers.put(number, "M" + (numbers.size() + 1));
        }
        return matcher.replaceFirst(matcher.group(1) + numbers.getOrDefault(number, "?"));
    }

    @Test
    void whatIsNotPrintableIsAnUnderscoreAndALineFeedASlash() {
        assertThat(SendLog.safe("a b\n%\t\u00e9\u007f~!\n")).isEqualTo("a_b/____~!/");
    }
}
