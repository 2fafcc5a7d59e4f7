package org.postern;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.TestingSite.Server;
import org.postern.remote.TestingSmtpServer;

/**
 * Servers are killed (KILL) at random moments while clients send, and started again. In the end every message that was
 * answered 250 is in the Maildir once and at the next host at least once, and none is half. {@code dev/crash --kill 200}
 * does it more often (docs/crash-tests.md).
 */
class KillIT {
    private static final int ROUNDS = Integer.getInteger("kill.rounds", 10);
    private static final long SEED = Long.getLong("kill.seed", 1);
    /** Larger messages have a file at once. */
    private static final int LARGE = 64 << 10;

    private static final int CLIENTS = 4;
    private static final String USER = "posternkill";
    private static final String LOCAL = USER + "@" + TestingSite.ME;
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final Pattern SUBJECT = Pattern.compile("\nSubject: (\\S+)\r?\n");

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final Set<String> accepted = new ConcurrentSkipListSet<>();
    private final Set<String> sent = ConcurrentHashMap.newKeySet();
    private final AtomicInteger numbers = new AtomicInteger();
    private int moved;
    private volatile int port;
    private volatile boolean over;
    private volatile @Nullable IOException trouble;

    @Test
    void serve() throws Exception {
        try (TestingSmtpServer far = TestingSmtpServer.answering(java.util.Map.of());
                TestingSite site = new TestingSite(directory)) {
            Path home = site.account(USER);
            Path toml = Files.writeString(directory.resolve("kill.toml"), """
                    me = "%s"
                    home = "%s"
                    pop3d.listen = "127.0.0.1:0"
                    smtpd.listen = "127.0.0.1:0"
                    smtpd.rcpthosts = ["%s", "far.example"]
                    users.file = "%s"
                    send.smtproutes = ":127.0.0.1:%d"
                    """.formatted(
                            TestingSite.ME, directory.resolve("serve"), TestingSite.ME, site.users(), far.port()));
            Path work = Files.createDirectory(directory.resolve("work"));
            TestingServe[] running = new TestingServe[1];
            rounds(ROUNDS / 2, directory.resolve("serve/queue"), () -> {
                running[0] = TestingServe.start(site.impatient(), work, "--config", toml.toString());
                tell(running[0].port("smtp", 0));
                return List.of(running[0].pid());
            });
            try (TestingServe last = running[0]) {
                check("HUP", last.pid(), home, far);
            }
        }
    }

    /** As in the recipe: the queue's owner and the listener are two processes, which die one by one or together. */
    @Test
    void qmailSendAndQmailSmtpd() throws Exception {
        try (TestingSmtpServer far = TestingSmtpServer.answering(java.util.Map.of());
                TestingSite site = new TestingSite(directory)) {
            Path home = site.systemAccount(USER);
            site.control("rcpthosts", TestingSite.ME + "\nfar.example\n");
            site.control("smtproutes", ":127.0.0.1:" + far.port() + "\n");
            Server[] running = new Server[2];
            rounds(ROUNDS - ROUNDS / 2, directory.resolve("qmail/postern-queue"), () -> {
                if (running[0] == null || !running[0].process().isAlive()) {
                    running[0] = site.send(site.impatient());
                }
                if (running[1] == null || !running[1].process().isAlive()) {
                    running[1] = site.smtp();
                    tell(running[1].port());
                }
                int which = random.nextInt(3);
                return which == 2
                        ? Stream.of(running).map(s -> s.process().pid()).toList()
                        : List.of(running[which].process().pid());
            });
            check("ALRM", running[0].process().pid(), home, far);
        }
    }

    /** Starts what does not run, and says which processes are to be killed. */
    @FunctionalInterface
    private interface Start {
        List<Long> start() throws IOException;
    }

    private void rounds(int rounds, Path queue, Start start) throws Exception {
        List<Long> victims = start.start();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(Thread.ofVirtual().start(this::client));
        }
        for (int round = 0; round < rounds; round++) {
            // Only once there is load; then at a moment that nothing is waited for.
            int before = accepted.size();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(accepted.size())
                            .as("the last trouble: %s", trouble)
                            .isGreaterThan(before));
            Thread.sleep(random.nextInt(700));
            for (long victim : victims) {
                ProcessHandle process = ProcessHandle.of(victim).orElseThrow();
                process.destroyForcibly();
                process.onExit().join();
            }
            moved += files(queue);
            victims = start.start();
        }
        over = true;
        tell(port);
        for (Thread client : clients) {
            client.join();
        }
        assertThat(accepted).hasSizeGreaterThan(rounds * 3);
    }

    /** Sends until all is over, one message to here and one to there by turns, of few octets and of many. */
    private void client() {
        while (!over) {
            int at = port;
            try (TestingSession smtp = new TestingSession("127.0.0.7", at)) {
                smtp.expect("220");
                smtp.command("HELO client.example", "250");
                while (!over) {
                    int number = numbers.incrementAndGet();
                    boolean local = number % 2 == 0;
                    String subject = (local ? "here-" : "there-") + number;
                    String text = "Subject: " + subject + "\r\n\r\n" + body(number);
                    sent.add(subject);
                    String reply = smtp.message("s@client.example", local ? LOCAL : "x@far.example", text);
                    if (reply.startsWith("250 ")) {
                        accepted.add(subject);
                    }
                }
            } catch (IOException e) {
                // Killed: whether that message was accepted nobody knows.
                trouble = e;
                awaitOtherThan(at);
            }
        }
    }

    private synchronized void awaitOtherThan(int old) {
        if (port == old && !over) {
            try {
                wait(100);
            } catch (InterruptedException e) {
                over = true;
            }
        }
    }

    private synchronized void tell(int newPort) {
        port = newPort;
        notifyAll();
    }

    /** Now and then one that does not fit into the log (64 KB). */
    private static String body(int number) {
        int lines = number % 29 == 0 ? 100 : number % 7 * 3;
        return ((number + " ").repeat(100) + "\r\n").repeat(lines) + "end of " + number + "\r\n";
    }

    private void check(String retry, long sender, Path home, TestingSmtpServer far) throws IOException {
        Path fresh = home.resolve("Maildir/new");
        Set<String> here = accepted.stream().filter(s -> s.startsWith("here-")).collect(Collectors.toSet());
        Set<String> there =
                accepted.stream().filter(s -> s.startsWith("there-")).collect(Collectors.toSet());
        await().atMost(LIMIT).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
            TestingPrograms.succeed("kill", "-" + retry, Long.toString(sender));
            assertThat(subjects(delivered(fresh))).containsAll(here);
            assertThat(subjects(received(far))).containsAll(there);
        });
        assertThat(moved).isPositive();
        List<String> arrived = delivered(fresh);
        assertThat(subjects(arrived)).doesNotHaveDuplicates();
        for (String text : arrived) {
            wholeAndSent(text, "\n");
        }
        for (String text : received(far)) {
            wholeAndSent(text, "\r\n");
        }
        System.out.println("kill: " + here.size() + " messages here, " + there.size() + " elsewhere, "
                + (received(far).size() - Set.copyOf(subjects(received(far))).size()) + " of these twice; " + moved
                + " were getting files when the kill came");
    }

    /** How many of the size that goes into the log have one, or part of one. */
    private static int files(Path queue) throws IOException {
        try (Stream<Path> all = Files.list(queue.resolve("mess"))) {
            return (int) all.filter(file -> file.toFile().length() < LARGE).count();
        }
    }

    private void wholeAndSent(String text, String end) {
        String subject = subjects(List.of(text)).getFirst();
        assertThat(sent).contains(subject);
        int number = Integer.parseInt(subject.substring(subject.indexOf('-') + 1));
        assertThat(text).endsWith("\n" + end + body(number).replace("\r\n", end));
    }

    private static List<String> subjects(List<String> texts) {
        return texts.stream()
                .flatMap(text -> SUBJECT.matcher(text).results().map((MatchResult r) -> r.group(1)))
                .toList();
    }

    private static List<String> delivered(Path fresh) throws IOException {
        try (Stream<Path> files = Files.list(fresh)) {
            List<String> all = new ArrayList<>();
            for (Path file : files.toList()) {
                all.add(Files.readString(file));
            }
            return all;
        }
    }

    /** What stands between DATA and the dot; of a connection that was cut off, nothing. */
    private static List<String> received(TestingSmtpServer far) {
        List<String> all = new ArrayList<>();
        for (List<String> session : far.sessions()) {
            int begin = -1;
            for (int i = 0; i < session.size(); i++) {
                String line = session.get(i);
                if (begin < 0 && line.equalsIgnoreCase("DATA\r\n")) {
                    begin = i + 1;
                } else if (begin >= 0 && line.equals(".\r\n")) {
                    all.add(String.join("", session.subList(begin, i)));
                    begin = -1;
                }
            }
        }
        return all;
    }
}
