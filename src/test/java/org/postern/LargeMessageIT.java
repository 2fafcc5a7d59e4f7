package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.remote.TestingSmtpServer;

/**
 * A message that is larger than the memory of all that it passes through, and one line: in, out, signed, encoded, sent back, read.
 * {@code dev/large} does the same with 10 GB.
 */
class LargeMessageIT {
    private static final long SIZE = Long.getLong("large.megabytes", 48) << 20;
    private static final String HEAP = "24m";
    private static final Duration LIMIT = Duration.ofMinutes(2 + SIZE / (50 << 20));
    private static final String USER = "plarge";
    private static final String JOE = USER + "@" + TestingSite.ME;
    private static final Pattern BODY_HASH = Pattern.compile("bh=([A-Za-z0-9+/=]+);");

    private final TestingLargeText text = new TestingLargeText(SIZE);

    @TempDir
    Path directory;

    @Test
    void passesThroughThePrograms() throws Exception {
        try (TestingLargeSink sink = new TestingLargeSink(text);
                TestingSmtpServer refusing = TestingSmtpServer.answering(Map.of("RCPT", "550 no such user\r\n"));
                TestingSite site = new TestingSite(directory)) {
            Path arriving = site.systemAccount(USER).resolve("Maildir/new");
            Path key = site.control().resolve("one.pem");
            TestingPrograms.postern("dkim-key", TestingSite.ME, "one", "--file", key.toString());
            site.control("dkim", TestingSite.ME + ":one:one.pem\n");
            site.control("databytes", "0\n");
            site.control("maxline", Integer.MAX_VALUE + "\n");
            site.control("bouncemaxbytes", Long.MAX_VALUE + "\n");
            site.control(
                    "smtproutes",
                    ":127.0.0.1:" + sink.port() + "\nrefuse.example:127.0.0.1:" + refusing.port()
                            + "\nlater.example:127.0.0.1:1\n");
            site.heap(HEAP);
            TestingSite.Server send = site.send();
            TestingSite.Server pop = site.pop3();
            TestingSite.Server smtp = site.smtp();
            assertThat(TestingClient.login("127.0.0.7", pop.port(), USER, TestingSite.PASSWORD))
                    .startsWith("+OK");

            // Into the Maildir; encoded and signed to a host without 8BITMIME; refused, and back as a bounce.
            smtp("127.0.0.7", smtp.port(), JOE, "z@elsewhere.example", "r@refuse.example");
            await().atMost(LIMIT)
                    .until(() -> sink.messages().size() == 1 && files(arriving).size() == 2);
            TestingLargeSink.Message sent = sink.messages().getFirst();
            assertThat(sent.isText()).isTrue();
            assertThat(sent.header()).contains("Content-Transfer-Encoding: quoted-printable\r\n");
            Matcher bodyHash = BODY_HASH.matcher(sent.header());
            assertThat(bodyHash.find()).isTrue();
            assertThat(bodyHash.group(1)).isEqualTo(sent.bodyHash());
            for (Path file : files(arriving)) {
                assertThat(Files.size(file)).isGreaterThan(text.size());
                try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
                    assertThat(text.isIn(in)).as(file.toString()).isTrue();
                }
            }
            read(pop.port());

            // By the programs of users: through the socket, and into the drop while nobody is there.
            submit(site, TestingSite.link("sendmail"), "-f" + JOE, "a@later.example");
            await().atMost(LIMIT).until(() -> send.log().contains("to remote a@later.example"));
            send.process().destroy();
            send.process().waitFor();
            submit(site, TestingSite.link("sendmail"), "-f" + JOE, "b@later.example");
            TestingSite.Server again = site.send();
            await().atMost(LIMIT).until(() -> again.log().contains("to remote b@later.example"));
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(queue("list"))
                            .containsPattern("a@later.example\n")
                            .containsPattern("b@later.example\n")
                            .endsWith("\n2 messages\n"));
            assertThat(queue("show", "--all")).contains("\nheader     Subject: large\n");
            assertThat(queue("drop", "--all")).startsWith("2 messages dropped");
            for (TestingSite.Server server : List.of(again, pop, smtp)) {
                assertThat(server.log()).doesNotContain("OutOfMemory").doesNotContain("alert: unable");
            }
            assertThat(deferred(again)).allMatch(line -> line.contains("establish"));
        }
    }

    private static List<String> deferred(TestingSite.Server send) throws IOException {
        return send.log().lines().filter(line -> line.contains(": deferral: ")).toList();
    }

    private void smtp(String from, int port, String... recipients) throws IOException {
        try (TestingClient smtp = new TestingClient(from, "127.0.0.1", port)) {
            smtp.say("EHLO client.example");
            assertThat(smtp.say("MAIL FROM:<" + JOE + "> BODY=8BITMIME")).startsWith("250 ");
            for (String recipient : recipients) {
                assertThat(smtp.say("RCPT TO:<" + recipient + ">")).startsWith("250 ");
            }
            assertThat(smtp.say("DATA")).startsWith("354 ");
            smtp.send("From: " + JOE + "\r\nSubject: large\r\n\r\n");
            smtp.send(text);
            assertThat(smtp.say("\r\n.")).startsWith("250 ");
        }
    }

    private void submit(TestingSite site, String... command) throws Exception {
        Process program =
                site.builder(List.of(command)).redirectErrorStream(true).start();
        try (OutputStream out = program.getOutputStream()) {
            out.write(("From: " + JOE + "\nSubject: large\n\n").getBytes(StandardCharsets.US_ASCII));
            text.writeTo(out);
        }
        assertThat(new String(program.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
                .isEmpty();
        assertThat(program.waitFor()).isZero();
    }

    /** LIST, TOP and RETR of both: the message and the bounce. */
    private void read(int port) throws IOException {
        for (int number = 1; number <= 2; number++) {
            try (TestingClient pop = login(port)) {
                String size = pop.say("LIST " + number);
                assertThat(size).startsWith("+OK " + number + " ");
                assertThat(Long.parseLong(size.substring(6))).isGreaterThan(text.size());
                assertThat(pop.say("TOP " + number + " 0")).startsWith("+OK");
                List<String> header = new ArrayList<>();
                for (String line = pop.line(); !line.equals("."); line = pop.line()) {
                    header.add(line);
                }
                assertThat(header).contains("Delivered-To: " + JOE);
                pop.say("RETR " + number);
                assertThat(pop.receives(text)).isTrue();
            }
        }
        try (TestingClient pop = login(port)) {
            pop.say("TOP 1 1");
            assertThat(pop.receives(text)).isTrue();
        }
    }

    private static TestingClient login(int port) throws IOException {
        TestingClient pop = new TestingClient("127.0.0.7", "127.0.0.1", port);
        pop.say("USER " + USER);
        assertThat(pop.say("PASS " + TestingSite.PASSWORD)).startsWith("+OK");
        return pop;
    }

    private String queue(String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("queue"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--queue", directory.resolve("qmail/postern-queue").toString()));
        return TestingPrograms.postern(all.toArray(String[]::new)).output();
    }

    private static List<Path> files(Path of) throws IOException {
        try (Stream<Path> files = Files.list(of)) {
            return files.toList();
        }
    }
}
