package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.Chain;
import org.postern.chain.Ended;
import org.postern.chain.Log;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.mail.Deliverer;
import org.postern.mail.DeliveryResult;
import org.postern.os.LockFile;
import org.postern.os.OsException;
import org.postern.os.Spawn;
import org.postern.queue.Queue;
import org.postern.queue.Submitters;
import org.postern.queue.TestingQueue;
import org.postern.send.Deliverers;
import org.postern.tcp.Line;

/** qmail-start and qmail-send, in-process. */
@Timeout(60)
class QmailStartCommandTest {
    @TempDir
    private Path home;

    private final List<String> defaults = new ArrayList<>();

    private final QmailSend.Parts parts = new QmailSend.Parts() {
        @Override
        public Deliverers deliverers(Tool.Invocation call, String defaultDelivery, Log log) {
            defaults.add(defaultDelivery);
            Deliverer accepting = d -> new DeliveryResult.Delivered("ok\n");
            return new Deliverers(accepting, accepting);
        }

        @Override
        public Submitters submitters() {
            return Submitters.none();
        }
    };

    @BeforeEach
    void control() throws IOException {
        Files.createDirectories(home.resolve("control"));
        Files.writeString(home.resolve("control/me"), "hoge.example.com\n");
    }

    private TestingCall call() {
        return TestingCall.stdin("").env("QMAILHOME", home.toString());
    }

    private static Chain none() {
        return first -> {
            throw new AssertionError("no program is started: " + first.args());
        };
    }

    @Test
    void withoutALoggerTheLogIsOnDescriptor1() throws Exception {
        TestingCall call = call();
        Thread running = Thread.ofPlatform().start(() -> {
            try {
                call.run(new QmailStart(none(), new QmailSend(parts)), "qmail-start", "./Maildir/");
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        Awaitility.await().until(() -> call.stdout().contains("status: local 0/10 remote 0/20\n"));
        TestingQueue files = new TestingQueue(home.resolve("postern-queue"), Disk.real());
        assertThat(TestingQueue.submit(files.drop(), "x\n", "s@x", "a@hoge.example.com"))
                .isInstanceOf(org.postern.queue.Intake.Outcome.Queued.class);
        Awaitility.await().until(() -> call.stdout().contains("end msg "));
        assertThat(defaults).containsExactly("./Maildir/");
        // A second one, while the first runs.
        TestingCall second = call();
        assertThat(second.run(new QmailSend(parts), "qmail-send")).isEqualTo(Tool.Exit.code(111));
        assertThat(second.stdout())
                .isEqualTo("alert: cannot start: qmail-send is already running (pid "
                        + ProcessHandle.current().pid() + ")\n");
        running.interrupt();
        running.join();
    }

    @Test
    void withALoggerTheLogIsOnItsDescriptor0() throws Exception {
        List<String> logged = new CopyOnWriteArrayList<>();
        List<List<String>> started = new CopyOnWriteArrayList<>();
        Chain logger = first -> {
            started.add(first.args().values());
            try {
                Line line = first.fds().connection().readLine(1000, java.time.Duration.ofDays(1));
                while (line instanceof Line.Text t) {
                    logged.add(t.octets());
                    line = first.fds().connection().readLine(1000, java.time.Duration.ofDays(1));
                }
            } catch (IOException e) {
                return new Ended.Exited(111);
            }
            return new Ended.Exited(0);
        };
        Thread running = start(logger, "./Mailbox", "splogger", "qmail");
        Awaitility.await().until(() -> logged.contains("status: local 0/10 remote 0/20"));
        running.interrupt();
        running.join();
        assertThat(started).containsExactly(List.of("splogger", "qmail"));
        assertThat(logged).endsWith("status: exiting");
    }

    @Test
    void aForeignLoggerIsAProcess() throws Exception {
        Path out = home.resolve("log");
        Chain spawning = first -> {
            try {
                int in = first.fds().connection().wire().inputDescriptor();
                int pid = Spawn.start(new Spawn.Child(
                        "/bin/sh", List.of("sh", "-c", "exec cat > " + out), List.of(), null, List.of(in, 1, 2), null));
                return Ended.ofWaitStatus(Spawn.waitHere(pid));
            } catch (OsException e) {
                throw new java.io.UncheckedIOException(e);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        };
        Thread running = start(spawning, "./Mailbox", "multilog", "t");
        Awaitility.await()
                .until(() -> Files.exists(out) && Files.readString(out).contains("status: local"));
        running.interrupt();
        running.join();
        assertThat(Files.readString(out)).endsWith("status: exiting\n");
    }

    @Test
    void aLoggerThatEndsDoesNotStopTheMail() throws Exception {
        TestingCall call = call();
        Thread running = start(call, first -> new Ended.Exited(1), "./Mailbox", "broken");
        Awaitility.await()
                .until(() ->
                        call.stderr().equals("qmail-start: warning: broken has ended: what qmail-send logs is lost\n"));
        TestingQueue files = new TestingQueue(home.resolve("postern-queue"), Disk.real());
        Awaitility.await()
                .until(() -> TestingQueue.submit(files.drop(), "x\n", "s@x", "a@hoge.example.com")
                        instanceof org.postern.queue.Intake.Outcome.Queued);
        Awaitility.await()
                .until(() -> files.names("drop").isEmpty() && files.messages().isEmpty());
        running.interrupt();
        running.join();
    }

    private Thread start(Chain chain, String... arguments) {
        return start(call(), chain, arguments);
    }

    private Thread start(TestingCall call, Chain chain, String... arguments) {
        List<String> args = new ArrayList<>(List.of("qmail-start"));
        args.addAll(List.of(arguments));
        return Thread.ofPlatform().start(() -> {
            try {
                call.run(new QmailStart(chain, new QmailSend(parts)), args.toArray(String[]::new));
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    @Test
    void theOriginalsQueueIsNeverTouched() throws IOException {
        Files.createDirectories(home.resolve("queue/mess/17"));
        Files.writeString(home.resolve("queue/mess/17/1525331"), "x");
        TestingCall call = call();
        assertThat(call.run(new QmailSend(parts), "qmail-send")).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stdout())
                .isEqualTo("alert: cannot start: 1 messages are in " + home + "/queue, in the original qmail's format,"
                        + " which nothing of this qmail-send touches: let the original qmail-send deliver them, or move "
                        + home + "/queue away, and start again\n");
        assertThat(home.resolve("postern-queue")).doesNotExist();
    }

    @Test
    void withoutControlFilesItSaysWhatToDo() throws IOException {
        Files.delete(home.resolve("control/me"));
        TestingCall call = call();
        assertThat(call.run(new QmailSend(parts), "qmail-send")).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stdout())
                .startsWith("alert: cannot start: unable to use " + home + ": neither ")
                .contains("write the host's name into " + home + "/control/me");
    }

    @Test
    void aQueueThatCannotBeMadeIsSaid() throws IOException {
        Files.writeString(home.resolve("postern-queue"), "a file");
        TestingCall call = call();
        assertThat(call.run(new QmailSend(parts), "qmail-send")).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stdout()).contains(home + "/postern-queue: file already exists");
    }

    @Test
    void theLockIsFreedAtTheEnd() throws IOException {
        TestingQueue files = new TestingQueue(home.resolve("q"), Disk.real());
        Queue queue = files.open();
        assertThat(LockFile.tryLock(home.resolve("q/lock"))).isEmpty();
        queue.close();
        LockFile again = LockFile.tryLock(home.resolve("q/lock")).orElseThrow();
        again.close();
    }
}
