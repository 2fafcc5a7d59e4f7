package org.postern.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;
import org.postern.mail.Envelope;
import org.postern.os.Identity;
import org.postern.os.ThisProcess;
import org.postern.os.ThreadIdentity;
import org.postern.tcp.Connection;
import org.postern.tcp.Line;
import org.postern.tcp.UnixWire;

/** Submitters and the owner at the two ends of the real socket. */
@Timeout(120)
class SubmissionServerTest {
    private static final String TEXT = "Subject: t\n\nbody\n";
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    private Path scratch;

    private TestingQueue files;
    private Queue queue;
    private final List<Connection> hanging = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        files = new TestingQueue(scratch.resolve("q"), Disk.real());
        queue = files.open();
    }

    @AfterEach
    void close() throws IOException {
        for (Connection connection : hanging) {
            connection.close();
        }
        queue.close();
    }

    private SubmissionServer serve() {
        return SubmissionServer.start(queue, files.log::add);
    }

    private Intake intake() {
        return new SocketIntake(files.directory, files.drop(), Origin.LOCAL);
    }

    private Intake.Outcome submit(String text) throws IOException {
        return TestingQueue.submit(intake(), text, "s@x", "a@x");
    }

    private String text(MessageName name) throws IOException {
        return TestingQueue.text(queue.read(name));
    }

    /** One who is let in, and then says nothing. */
    private Line hang() throws IOException {
        Connection connection = new Connection(UnixWire.connect(files.directory.submit()));
        hanging.add(connection);
        return connection.readLine(100, LIMIT);
    }

    @Test
    void aMessageIsInTheQueueWhenItIsAnswered() throws IOException {
        try (SubmissionServer _ = serve()) {
            assertThat(Files.getAttribute(files.directory.submit(), "unix:mode"))
                    .isEqualTo(0140666);
            Intake.Outcome outcome = submit(TEXT);
            MessageName name = queue.nextArrival();
            assertThat(outcome).isEqualTo(new Intake.Outcome.Queued(name.id()));
            assertThat(text(name))
                    .matches("Received: \\(qmail [0-9]+ invoked by uid "
                            + ThisProcess.identity().uid() + "\\); .* -0000\n" + TEXT);
            assertThat(files.names("drop")).isEmpty();
        }
    }

    @Test
    void aLargeMessageGoesThroughInPieces() throws IOException {
        String large = TEXT + "0123456789abcdef\n".repeat(200_000);
        try (SubmissionServer _ = serve()) {
            assertThat(submit(large)).isInstanceOf(Intake.Outcome.Queued.class);
            assertThat(text(queue.nextArrival())).endsWith("-0000\n" + large);
        }
    }

    @Test
    void tenThousandRecipients() throws IOException {
        List<String> recipients = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            recipients.add("someone" + i + "@example.com");
        }
        try (SubmissionServer _ = serve();
                Intake.Draft draft = intake().begin()) {
            assertThat(draft.commit(new Envelope("s@x", recipients))).isInstanceOf(Intake.Outcome.Queued.class);
            assertThat(queue.read(queue.nextArrival()).recipientCount()).isEqualTo(10_000);
        }
    }

    @Test
    void withoutAnOwnerThereIsTheDrop() throws IOException {
        assertThat(submit(TEXT)).isInstanceOf(Intake.Outcome.Queued.class);
        assertThat(files.names("drop")).hasSize(1);
        assertThat(files.names("mess")).isEmpty();
    }

    @Test
    void afterAnOwnerThereIsTheDrop() throws IOException {
        serve().close();
        assertThat(files.directory.submit()).exists();
        assertThat(submit(TEXT)).isInstanceOf(Intake.Outcome.Queued.class);
        assertThat(files.names("drop")).hasSize(1);
    }

    @Test
    void aDraftThatIsNotCommittedLeavesNothing() throws IOException {
        try (SubmissionServer _ = serve()) {
            try (Intake.Draft draft = intake().begin()) {
                byte[] octets = new byte[100_000];
                draft.write(octets, 0, octets.length);
                await().until(() -> !files.names("mess").isEmpty());
            }
            await().until(() -> files.names("mess").isEmpty());
            assertThat(queue.nextArrival()).isNull();
        }
    }

    @Test
    void aSlowWriterTakesNoPlaceBeforeHeHasWrittenMuch() throws IOException {
        try (SubmissionServer _ = SubmissionServer.start(queue, files.log::add, new UidLimits(1, 1));
                Intake.Draft slow = intake().begin()) {
            slow.write(new byte[60_000], 0, 60_000);
            assertThat(submit(TEXT)).isInstanceOf(Intake.Outcome.Queued.class);
            assertThat(files.names("drop")).isEmpty();
        }
    }

    @Test
    void whoIsOneTooManyUsesTheDropAndTheLogSaysSoOnce() throws IOException {
        try (SubmissionServer _ = SubmissionServer.start(queue, files.log::add, new UidLimits(5, 2))) {
            assertThat(hang()).isEqualTo(new Line.Text("P1 ready"));
            assertThat(hang()).isEqualTo(new Line.Text("P1 ready"));
            assertThat(hang()).isEqualTo(new Line.Text("P1 busy"));
            assertThat(submit(TEXT)).isInstanceOf(Intake.Outcome.Queued.class);
            assertThat(files.names("drop")).hasSize(1);
            assertThat(files.log)
                    .containsExactly("warning: too many submissions at once, the last by uid "
                            + ThisProcess.identity().uid() + ": more go through the drop");
            hanging.removeFirst().close();
            await().untilAsserted(() -> {
                submit(TEXT);
                assertThat(queue.nextArrival()).isNotNull();
            });
        }
    }

    @Test
    void anOwnerThatIsStoppedHangsNobody() throws IOException {
        try (ServerSocketChannel silent = ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)
                .bind(java.net.UnixDomainSocketAddress.of(files.directory.submit()), 1)) {
            long began = System.nanoTime();
            for (int i = 0; i < 2; i++) {
                assertThat(submit(TEXT)).isInstanceOf(Intake.Outcome.Queued.class);
            }
            assertThat(files.names("drop")).hasSize(2);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
            assertThat(silent.isOpen()).isTrue();
        }
    }

    /** He may have queued it: another way would make it two. */
    @Test
    void anOwnerThatDiesBeforeHisAnswerIs74() throws Exception {
        try (ServerSocketChannel dying = ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)
                .bind(java.net.UnixDomainSocketAddress.of(files.directory.submit()))) {
            try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
                Future<String> sent = executor.submit(() -> {
                    StringBuilder all = new StringBuilder();
                    SocketChannel channel = dying.accept();
                    try (Connection submitter = new Connection(new UnixWire(channel))) {
                        submitter.write("P1 ready\n");
                        while (!all.toString().endsWith(",0:,")
                                || !all.toString().contains("a@x")) {
                            all.append((char) submitter.read(LIMIT));
                        }
                    }
                    return all.toString();
                });
                assertThat(submit(TEXT)).isEqualTo(new Intake.Outcome.Refused(QueueExit.COMMUNICATION_FAILED));
                assertThat(sent.get()).isEqualTo("submit local\n17:" + TEXT + ",0:,10:Fs@x\0Ta@x\0,0:,");
            }
            assertThat(files.names("drop")).isEmpty();
        }
    }

    @Test
    void anAnswerThatIsNoneIs74() throws Exception {
        for (String answer : List.of("\n", "queued\n", "queued x\n", "refused 0\n", "refused 999\n", "P1 busy\n")) {
            Files.deleteIfExists(files.directory.submit());
            try (ServerSocketChannel strange = ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)
                            .bind(java.net.UnixDomainSocketAddress.of(files.directory.submit()));
                    ExecutorService executor = Executors.newSingleThreadExecutor()) {
                Future<?> answered = executor.submit(() -> {
                    SocketChannel channel = strange.accept();
                    try (Connection submitter = new Connection(new UnixWire(channel))) {
                        submitter.write("P1 ready\n");
                        while (submitter.read(LIMIT) != 0) {
                            // To the end of the sender's address.
                        }
                        submitter.write(answer);
                    }
                    return null;
                });
                assertThat(submit(TEXT))
                        .as(answer)
                        .isEqualTo(new Intake.Outcome.Refused(QueueExit.COMMUNICATION_FAILED));
                answered.get();
            }
        }
    }

    @Test
    void whoHasAnotherUsersRightsToFilesUsesTheDrop() throws Exception {
        Identity nobody = new Identity(65534, 65534, List.of());
        Files.setAttribute(scratch, "unix:mode", 0755);
        try (SubmissionServer _ = serve()) {
            ThreadIdentity.as(nobody, () -> submit(TEXT));
            assertThat(files.names("drop")).hasSize(1);
            queue.take();
            assertThat(text(queue.nextArrival())).contains("invoked by uid 65534)");
        }
    }

    @Test
    void closedItLetsNobodyInAndCutsWhoHangs() throws IOException {
        SubmissionServer server = serve();
        assertThat(hang()).isEqualTo(new Line.Text("P1 ready"));
        server.close();
        assertThat(hanging.getFirst().readLine(100, LIMIT)).isEqualTo(new Line.End());
        assertThat(files.log).isEmpty();
    }

    @Test
    void whereThereCanBeNoSocketTheLogSaysSo() throws IOException {
        Path deep = scratch.resolve("d".repeat(100));
        TestingQueue far = new TestingQueue(Files.createDirectory(deep).resolve("q"), Disk.real());
        try (Queue longNamed = far.open();
                SubmissionServer _ = SubmissionServer.start(longNamed, far.log::add)) {
            assertThat(far.log).singleElement().asString().startsWith("warning: unable to listen at ");
            Intake intake = new SocketIntake(far.directory, far.drop(), Origin.LOCAL);
            assertThat(TestingQueue.submit(intake, TEXT, "s@x", "a@x")).isInstanceOf(Intake.Outcome.Queued.class);
            assertThat(longNamed.take()).isEqualTo(1);
        }
    }

    /** All get through, by one way or the other; the owner never has more than his limits. */
    @Test
    void aThousandSubmittersAtOnce() throws Exception {
        try (SubmissionServer _ = SubmissionServer.start(queue, files.log::add, new UidLimits(20, 20));
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Intake.Outcome>> outcomes = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                outcomes.add(executor.submit(() -> submit(TEXT)));
            }
            for (Future<Intake.Outcome> outcome : outcomes) {
                assertThat(outcome.get()).isInstanceOf(Intake.Outcome.Queued.class);
            }
            int throughSocket = 0;
            while (queue.nextArrival() != null) {
                throughSocket++;
            }
            assertThat(throughSocket).isPositive();
            assertThat(throughSocket + files.names("drop").size()).isEqualTo(1000);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
