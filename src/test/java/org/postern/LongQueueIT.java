package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.remote.TestingSmtpServer;

/** Long queues and long lists of recipients, in little memory: docs/memory.md has the numbers. */
class LongQueueIT {
    private static final Duration LIMIT = Duration.ofSeconds(100);
    private static final String HEAP = "96m";
    private static final int MANY = 100_000;

    @TempDir
    Path directory;

    private Path queue;

    @Test
    void aHundredThousandMessagesWorkInALittleHeap() throws Exception {
        try (TestingSmtpServer sink = TestingSmtpServer.answering(Map.of());
                TestingSite site = new TestingSite(directory)) {
            queue = directory.resolve("qmail/postern-queue");
            fill("--log", MANY * 9 / 10 + "=ann@dead.example");
            fill(MANY / 10 + "=bob@host{}.example");
            assertThat(queue("list", "--destination", "host7.example")).endsWith(", bob@host7.example\n1 message\n");
            site.control("smtproutes", ":127.0.0.1:1\nnear.example:127.0.0.1:" + sink.port() + "\n");
            site.control("concurrencyremote", "4\n");
            site.heap(HEAP);
            TestingSite.Server send = site.send();
            assertThat(lastLine(queue("list"))).startsWith(MANY + " messages");
            TestingPrograms.Outcome submitted =
                    site.run("Subject: new\n\nx\n", TestingSite.link("sendmail"), "z@near.example");
            assertThat(submitted.exit()).as(submitted.output()).isZero();
            await().atMost(LIMIT).until(() -> sink.sessions().toString().contains("Subject: new"));
            assertThat(queue("retry", "--all")).startsWith(MANY + " messages tried now");
            assertThat(queue("list", "--destination", "host7.example", "--json"))
                    .contains("\"sender@fill.example\"");
            assertThat(send.process().isAlive()).isTrue();
            assertThat(send.log()).doesNotContain("OutOfMemory");
            send.process().destroyForcibly().waitFor();
        }
    }

    @Test
    void aHundredThousandRecipientsEachOfManyMessagesDueAtOnceWorkInALittleHeap() throws Exception {
        try (TestingSite site = new TestingSite(directory)) {
            queue = directory.resolve("qmail/postern-queue");
            site.control("smtproutes", ":127.0.0.1:1\n");
            site.control("concurrencyremote", "0\n");
            site.heap(HEAP);
            fill("--recipients", Integer.toString(MANY), "12=ann{}@dead.example");
            TestingSite.Server send = site.send();
            Path message = Files.writeString(directory.resolve("message"), "Subject: many\n\nx\n");
            StringBuilder recipients = new StringBuilder();
            for (int i = 0; i < MANY; i++) {
                recipients.append("Tuser").append(i).append("@dead.example\0");
            }
            Path envelope = Files.writeString(
                    directory.resolve("envelope"), "Fann@" + TestingSite.ME + "\0" + recipients + "\0");
            TestingPrograms.Outcome queued = site.run(
                    "", "sh", "-c", "exec \"$0\" <" + message + " 1<" + envelope, TestingSite.link("qmail-queue"));
            assertThat(queued.exit()).as(queued.output()).isZero();
            oneTransaction(site.smtp());

            String list = queue("list");
            assertThat(list).contains("user0@dead.example and 99999 more\n");
            assertThat(lastLine(list)).startsWith("14 messages");
            assertThat(queue("show", "--recipient", "user77777@dead.example")
                            .indexOf("to         user99999@dead.example\n"))
                    .isPositive();
            assertThat(queue("drop", "--recipient", "user12345@*")).contains("(recipients: 1)\n1 of them go on");
            assertThat(queue("drop", "--recipient", "user*@dead.example", "--bounce"))
                    .startsWith("1 message dropped; the senders get a notice");
            await().atMost(LIMIT).until(() -> send.log().contains("bounce msg "));
            await().atMost(LIMIT)
                    .untilAsserted(
                            () -> assertThat(queue("list", "--sender", "<>")).contains(", ann@"));
            send.process().destroy();
            send.process().waitFor();

            // And where they are tried.
            site.control("concurrencyremote", "20\n");
            TestingSite.Server trying = site.send();
            await().atMost(LIMIT).until(() -> trying.log().split(": deferral: ", -1).length > 10_000);
            assertThat(queue("list")).contains("and 99999 more\n");
            for (TestingSite.Server each : List.of(send, trying)) {
                assertThat(each.log()).doesNotContain("OutOfMemory").doesNotContain("alert: unable");
            }
            trying.process().destroyForcibly().waitFor();
        }
    }

    /** Where the whole would be no help to who reads of a failure. */
    private static String lastLine(String text) {
        return text.stripTrailing().substring(text.stripTrailing().lastIndexOf('\n') + 1);
    }

    /** maxrecipients of them, and one more. */
    private static void oneTransaction(TestingSite.Server smtp) throws IOException {
        try (TestingClient client = new TestingClient("127.0.0.1", "127.0.0.1", smtp.port())) {
            client.say("EHLO client.example");
            client.say("MAIL FROM:<ann@a.example>");
            for (int i = 0; i < 1000; i++) {
                assertThat(client.say("RCPT TO:<user" + i + "@" + TestingSite.ME + ">"))
                        .startsWith("250 ");
            }
            assertThat(client.say("RCPT TO:<onemore@" + TestingSite.ME + ">")).startsWith("452 ");
            client.say("DATA");
            client.send("Subject: thousand\r\n\r\nx\r\n");
            assertThat(client.say(".")).startsWith("250 ");
        }
    }

    private void fill(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("dev/bench/queue-fill", queue.toString()));
        command.addAll(List.of(arguments));
        TestingPrograms.succeed(command.toArray(String[]::new));
    }

    private String queue(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("queue"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--queue", queue.toString()));
        TestingPrograms.Outcome outcome = TestingPrograms.postern(all.toArray(String[]::new));
        assertThat(outcome.exit()).as(outcome.output()).isZero();
        return outcome.output();
    }
}
