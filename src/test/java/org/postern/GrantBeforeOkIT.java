package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.relay.DirectoryStore;
import org.postern.relay.Spool;

/**
 * Who has read +OK may relay at that very instant, whatever relay-ctrl-age does meanwhile: it runs in a loop as processes, and in
 * another as {@code serve} runs it. {@code -Dgrant.tries=100000} makes
 * a longer campaign of it.
 */
class GrantBeforeOkIT {
    private static final String USER = "ptest";
    private static final int CLIENTS = 8;
    private static final int TRIES = 10_000;
    private static final int TRIES_WITH_SERVE = 2_000;

    @TempDir
    Path directory;

    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicInteger staged = new AtomicInteger();

    @Test
    @Timeout(600)
    void theRecipesChain() throws Exception {
        try (TestingSite site = new TestingSite(directory)) {
            site.account(USER);
            int pop3 = site.pop3().port();
            int smtp = site.smtp().port();
            assertThat(refusals(site, site.spool(), pop3, smtp, "553", TRIES)).isEmpty();
        }
    }

    @Test
    @Timeout(600)
    void serve() throws Exception {
        try (TestingSite site = new TestingSite(directory)) {
            site.account(USER);
            List<Integer> ports = site.serve().ports();
            Path spool = directory.resolve("serve/relay");
            assertThat(refusals(site, spool, ports.get(0), ports.get(1), "550", TRIES_WITH_SERVE))
                    .isEmpty();
        }
    }

    /** What went wrong, each in a line. */
    private List<String> refusals(TestingSite site, Path spool, int pop3, int smtp, String refusal, int tries)
            throws Exception {
        int each = Integer.getInteger("grant.tries", tries) / CLIENTS;
        List<String> wrong = new ArrayList<>();
        try (ExecutorService threads =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            Future<Integer> processes = threads.submit(() -> ageByProcesses(site, spool));
            Future<Integer> passes = threads.submit(() -> ageHere(spool));
            List<Future<List<String>>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(threads.submit(new Client(spool, pop3, smtp, refusal, i, each)));
            }
            try {
                for (Future<List<String>> client : clients) {
                    wrong.addAll(client.get());
                }
            } finally {
                done.set(true);
            }
            assertThat(processes.get()).as("processes of relay-ctrl-age").isGreaterThan(5);
            assertThat(passes.get()).as("ageings beside them").isGreaterThan(100);
        }
        return wrong;
    }

    private int ageByProcesses(TestingSite site, Path spool) throws IOException {
        int rounds = 0;
        ProcessBuilder builder = site.builder(List.of(TestingSite.link("relay-ctrl-age")));
        builder.environment().put("RELAY_CTRL_DIR", spool.toString());
        builder.environment().put("RELAY_CTRL_EXPIRY", Integer.toString(TestingSite.EXPIRY));
        while (!done.get()) {
            assertThat(TestingPrograms.run(builder, "")).isEqualTo(new TestingPrograms.Outcome(0, ""));
            rounds++;
        }
        return rounds;
    }

    private int ageHere(Path spool) throws IOException, InterruptedException {
        DirectoryStore store = new DirectoryStore(
                Spool.at(spool),
                DirectoryStore.Settings.expiringAfter(Duration.ofSeconds(TestingSite.EXPIRY)),
                InstantSource.system());
        int rounds = 0;
        while (!done.get()) {
            assertThat(store.age().trouble()).isNull();
            rounds++;
            // The two cores are the servers', too.
            Thread.sleep(1);
        }
        return rounds;
    }

    /** Logs in and relays, again and again, from addresses that no other client has. */
    private final class Client implements Callable<List<String>> {
        private final Path spool;
        private final int pop3;
        private final int smtp;
        private final String refusal;
        private final int number;
        private final int tries;
        private final List<String> wrong = new ArrayList<>();

        Client(Path spool, int pop3, int smtp, String refusal, int number, int tries) {
            this.spool = spool;
            this.pop3 = pop3;
            this.smtp = smtp;
            this.refusal = refusal;
            this.number = number;
            this.tries = tries;
        }

        @Override
        public List<String> call() throws IOException {
            for (int i = 0; i < tries; i++) {
                String address = before(i);
                if (i % 100 < 4 && i % 4 != 1) {
                    // Where it may relay without a login the try would show nothing.
                    String early = TestingSession.recipient(address, smtp, TestingSite.FOREIGN);
                    if (!early.startsWith(refusal)) {
                        wrong.add(address + " before its login: " + early);
                    }
                    before(i);
                }
                String reply;
                try (TestingSession pop = TestingSession.login(address, pop3, USER, TestingSite.PASSWORD)) {
                    reply = TestingSession.recipient(address, smtp, TestingSite.FOREIGN);
                    pop.command("QUIT", "+OK");
                } catch (IOException e) {
                    reply = e.toString();
                }
                if (!reply.startsWith("250")) {
                    wrong.add(address + " try " + i + ": " + reply);
                }
                if (i % 4 == 0) {
                    // Not to be kept for ever: the spool would grow, and the ageings become few.
                    expireBy(address, 3600);
                } else if (Files.notExists(spool.resolve(address))) {
                    wrong.add(address + " try " + i + ": its grant has gone");
                }
            }
            return wrong;
        }

        /** A new address; or one whose grant ends with this second, or has just ended, the same user's or another's. */
        private String before(int i) throws IOException {
            String old = "127.200." + number + "." + (1 + i % 8);
            switch (i % 4) {
                case 0 -> {
                    return "127." + (1 + number) + "." + i / 4 / 250 + "." + (1 + i / 4 % 250);
                }
                case 1 -> stage(old, "USER=" + USER + "\0", TestingSite.EXPIRY);
                case 2 -> stage(old, "USER=" + USER + "\0", TestingSite.EXPIRY + 1);
                default -> stage(old, "USER=another\0", TestingSite.EXPIRY + 1);
            }
            return old;
        }

        private void expireBy(String address, int seconds) throws IOException {
            try {
                Files.setLastModifiedTime(spool.resolve(address), ago(seconds));
            } catch (NoSuchFileException e) {
                wrong.add(address + ": its grant has gone");
            }
        }

        private void stage(String address, String content, int age) throws IOException {
            Path file = spool.resolve(".staged" + staged.incrementAndGet());
            Files.writeString(file, content);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
            Files.setLastModifiedTime(file, ago(age));
            Files.move(file, spool.resolve(address), StandardCopyOption.ATOMIC_MOVE);
        }

        private static FileTime ago(int seconds) {
            return FileTime.from(Instant.now().minusSeconds(seconds));
        }
    }
}
