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
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingPrograms.Outcome;
import org.postern.remote.TestingSmtpServer;

/** {@code postern queue} as an administrator uses it: of a qmail-send and a postern serve that run, and where nothing does. */
class QueueCommandIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Pattern ID = Pattern.compile("\"id\":([0-9]+),");

    @TempDir
    Path directory;

    private TestingSite site;
    private TestingSmtpServer sink;

    /** Who sends from the queue. */
    private interface Door {
        Path queue();

        /** @param port where all mail goes */
        TestingSite.Server start(int port) throws IOException;
    }

    @BeforeEach
    void begin() throws IOException {
        site = new TestingSite(directory);
        sink = TestingSmtpServer.answering(Map.of());
    }

    @AfterEach
    void end() throws IOException {
        site.close();
        sink.close();
    }

    @Test
    void ofQmailSend() throws Exception {
        lookedAtAndWorkedOn(new Door() {
            @Override
            public Path queue() {
                return directory.resolve("qmail/postern-queue");
            }

            @Override
            public TestingSite.Server start(int port) throws IOException {
                site.control("smtproutes", ":127.0.0.1:" + port + "\n");
                return site.send();
            }
        });
    }

    @Test
    void ofPosternServe() throws Exception {
        site.account("joe");
        lookedAtAndWorkedOn(new Door() {
            @Override
            public Path queue() {
                return directory.resolve("serve/queue");
            }

            @Override
            public TestingSite.Server start(int port) throws IOException {
                Path toml = Files.writeString(directory.resolve("postern.toml"), """
                        me = "%s"
                        home = "%s"
                        [pop3d]
                        listen = "127.0.0.1:0"
                        [smtpd]
                        listen = "127.0.0.1:0"
                        [users]
                        file = "%s"
                        [send]
                        smtproutes = ":127.0.0.1:%d"
                        """.formatted(
                                TestingSite.ME, directory.resolve("serve"), site.users(), port));
                return site.serve(toml);
            }
        });
    }

    private void lookedAtAndWorkedOn(Door door) throws Exception {
        TestingSite.Server running = door.start(1);
        submit(door, "ann@a.example", "one", "x@near.example");
        submit(door, "ann@a.example", "two", "x@far.example", "y@far.example");
        submit(door, "bob@b.example", "three", "z@far.example");
        submit(door, "bob@b.example", "four", "v@third.example");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(queue(door, "list", "--all")).matches("(?s).*( in .*){4}4 messages\n"));
        selects(door);
        shows(door, true);
        refusesStrangers(door);

        assertThat(queue(door, "hold", "--destination", "far.example")).isEqualTo("2 messages held\n");
        assertThat(queue(door, "retry", "--all"))
                .isEqualTo("2 messages tried now\n2 more are held, and not tried: release them\n");
        String two = ids(door, "--recipient", "y@far.example").getFirst();
        int tries = count(running.log(), "msg " + two + " to remote");
        assertThat(tries).isEqualTo(2);
        await().atMost(LIMIT).until(() -> count(running.log(), "to remote x@near.example") == 2);

        // What is held survives a restart, and a kill.
        stop(running);
        assertThat(queue(door, "list")).contains(" held ").endsWith("4 messages, 2 held\n");
        selects(door);
        shows(door, false);
        refusesStrangers(door);
        TestingSite.Server again = door.start(1);
        assertThat(queue(door, "list")).endsWith("4 messages, 2 held\n");
        again.process().destroyForcibly();
        assertThat(again.process().waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(queue(door, "list")).endsWith("4 messages, 2 held\n");

        // On the files: one is held more, one recipient given up, one released, one dropped.
        assertThat(queue(door, "hold", "--destination", "third.example")).isEqualTo("1 message held\n");
        assertThat(queue(door, "drop", "--recipient", "y@far.example"))
                .startsWith("1 message dropped; nobody is told (recipients: 1)\n1 of them go on");
        assertThat(queue(door, "release", two))
                .isEqualTo("1 message released; tried at their time, when the queue is sent from again\n");
        assertThat(queue(door, "drop", "--sender", "*@b.example", "--destination", "far.example"))
                .startsWith("1 message dropped");
        assertThat(queue(door, "retry", "--all"))
                .isEqualTo("2 messages will be tried at once, when the queue is sent from again\n"
                        + "1 more are held, and not tried: release them\n");
        TestingSite.Server last = door.start(sink.port());
        await().atMost(LIMIT).until(() -> arrived("two"));
        assertThat(sent()).contains("RCPT TO:<x@far.example>").doesNotContain("y@far.example");
        await().atMost(LIMIT).until(() -> arrived("one"));
        assertThat(arrived("three")).isFalse();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(queue(door, "list")).endsWith("1 message, 1 held\n"));
        assertThat(arrived("four")).isFalse();
        assertThat(queue(door, "release", "--all")).isEqualTo("1 message released, tried now\n");
        await().atMost(LIMIT).until(() -> arrived("four"));

        // The sender of what is dropped hears so, where that was wanted.
        stop(last);
        submit(door, "bob@b.example", "five", "w@far.example");
        TestingSite.Server bouncing = door.start(1);
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(queue(door, "list")).matches("(?s).* in .*1 message\n"));
        assertThat(queue(door, "drop", "--all", "--bounce"))
                .isEqualTo("1 message dropped; the senders get a notice (recipients: 1)\n");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(queue(door, "list")).contains("<>, bob@b.example\n"));
        stop(bouncing);
    }

    /** By id, sender, recipient, destination: alone and together. */
    private void selects(Door door) throws IOException {
        assertThat(ids(door)).hasSize(4).doesNotHaveDuplicates();
        String two = ids(door, "--recipient", "y@far.example").getFirst();
        assertThat(ids(door, two)).containsExactly(two);
        assertThat(ids(door, two, "12345")).containsExactly(two);
        assertThat(ids(door, "--sender", "ann@*")).hasSize(2);
        assertThat(ids(door, "--destination", "FAR.example")).hasSize(2);
        assertThat(ids(door, "--destination", "far.example", "--sender", "bob@b.example"))
                .hasSize(1);
        assertThat(ids(door, "12345")).isEmpty();
        Outcome none = postern(door, "show", "12345");
        assertThat(none.output()).contains("no message of the queue matches");
        assertThat(queue(door, "drop", "12345")).startsWith("0 messages dropped");
        assertThat(queue(door, "hold", "12345")).startsWith("0 messages held");
        assertThat(postern(door, "drop").exit()).isEqualTo(100);
    }

    private void shows(Door door, boolean running) throws IOException {
        String shown = queue(door, "show", "--recipient", "y@far.example");
        assertThat(shown)
                .contains("sender     <ann@a.example>\nto         x@far.example\nto         y@far.example\n")
                .contains("header     Subject: two\n")
                .endsWith(running ? "\n1 message\n" : "\n1 message, 1 held\n");
        assertThat(shown.contains("last said  ")).isEqualTo(running);
        // The programs' own listings, which know the programs' queue alone.
        if (door.queue().startsWith(directory.resolve("qmail"))) {
            assertThat(site.run("", TestingSite.link("qmail-qread")).output())
                    .contains("<ann@a.example>", "\tremote\tx@near.example\n", "\tremote\ty@far.example\n");
            assertThat(site.run("", TestingSite.link("sendmail"), "-bp").output())
                    .contains("\tremote\tz@far.example\n");
            assertThat(site.run("", TestingSite.link("qmail-qstat")).output())
                    .isEqualTo("messages in queue: 4\nmessages in queue but not yet preprocessed: 0\n");
        }
    }

    private void refusesStrangers(Door door) throws IOException {
        for (String verb : List.of("list", "drop")) {
            Outcome stranger = TestingPrograms.run(
                    new ProcessBuilder(
                            "setpriv",
                            "--reuid=65533",
                            "--regid=65533",
                            "--clear-groups",
                            TestingPrograms.links()
                                    .getParent()
                                    .resolveSibling("postern")
                                    .toString(),
                            "queue",
                            verb,
                            "--sender",
                            "*",
                            "--queue",
                            door.queue().toString()),
                    "");
            assertThat(stranger.exit()).isEqualTo(111);
            assertThat(stranger.output())
                    .isEqualTo("postern queue " + verb + ": fatal: " + door.queue()
                            + ": only root and the queue's owner may do this\n");
        }
    }

    private static Outcome postern(Door door, String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("queue"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--queue", door.queue().toString()));
        return TestingPrograms.postern(all.toArray(String[]::new));
    }

    /** What it says, where it does what was asked. */
    private static String queue(Door door, String verb, String... which) throws IOException {
        List<String> all = new ArrayList<>(List.of(verb));
        all.addAll(List.of(which));
        all.remove(verb.equals("list") ? "--all" : "");
        Outcome outcome = postern(door, all.toArray(String[]::new));
        assertThat(outcome.exit()).as(outcome.output()).isZero();
        return outcome.output();
    }

    private static List<String> ids(Door door, String... which) throws IOException {
        List<String> all = new ArrayList<>(List.of(which));
        all.add("--json");
        return ID.matcher(queue(door, "list", all.toArray(String[]::new)))
                .results()
                .map(found -> found.group(1))
                .toList();
    }

    private void submit(Door door, String sender, String subject, String... recipients) throws IOException {
        List<String> command = new ArrayList<>(
                List.of("env", "POSTERN_QUEUE=" + door.queue(), TestingSite.link("sendmail"), "-f" + sender));
        command.addAll(List.of(recipients));
        Outcome outcome = site.run("Subject: " + subject + "\n\nx\n", command.toArray(String[]::new));
        assertThat(outcome.exit()).as(outcome.output()).isZero();
    }

    private static void stop(TestingSite.Server server) throws InterruptedException {
        server.process().destroy();
        assertThat(server.process().waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .isTrue();
    }

    private String sent() {
        return sink.sessions().stream().map(lines -> String.join("", lines)).reduce("", String::concat);
    }

    private boolean arrived(String subject) {
        return Pattern.compile("Subject: " + subject + "\r\n(?s:.*?)\r\n\\.\r\n")
                .matcher(sent())
                .find();
    }

    private static int count(String text, String part) {
        return text.split(Pattern.quote(part), -1).length - 1;
    }
}
