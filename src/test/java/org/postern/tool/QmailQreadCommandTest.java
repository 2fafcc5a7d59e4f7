package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.queue.Marks;
import org.postern.queue.MessageName;
import org.postern.queue.Origin;
import org.postern.queue.Queue;
import org.postern.queue.TestingQueue;

/** qmail-qread and qmail-qstat, in the original's words. */
class QmailQreadCommandTest {
    @TempDir
    private Path home;

    private TestingQueue files;

    @BeforeEach
    void queue() throws IOException {
        Files.createDirectory(home.resolve("control"));
        Files.writeString(home.resolve("control/me"), "hoge.example.com\n");
        files = new TestingQueue(home.resolve("postern-queue"), Disk.real());
        files.open().close();
    }

    private String said(Tool tool, String name) throws IOException {
        TestingCall call = TestingCall.stdin("").env("QMAILHOME", home.toString());
        Tool.Exit exit = call.run(tool, name);
        return ((Tool.Exit.Code) exit).value() + " " + call.stdout();
    }

    @Test
    void anEmptyQueueIsListedAndCounted() throws IOException {
        assertThat(said(new QmailQread(), "qmail-qread")).isEqualTo("0 ");
        assertThat(said(new QmailQstat(), "qmail-qstat"))
                .isEqualTo("0 messages in queue: 0\nmessages in queue but not yet preprocessed: 0\n");
    }

    /** Also what is in the log, and has no file yet. */
    @Test
    void messagesAreListedWithTheirRecipientsLocalOnesFirst() throws IOException {
        try (Queue queue = files.open()) {
            TestingQueue.submit(
                    queue.intake(Origin.LOCAL),
                    "Subject: t\n\nbody\n",
                    "s\u00e9@x",
                    "a@far",
                    "b@hoge.example.com",
                    "c@far");
            MessageName name = queue.nextArrival();
            Marks marks = queue.marks(name);
            marks.delivered(0);
            marks.failed(2, "no\n", Instant.EPOCH);
            TestingQueue.submit(files.drop(), "t\n", "s@x", "d@far");
            assertThat(said(new QmailQread(), "qmail-qread"))
                    .matches("0 24 Nov 2026 [0-9:]{8} GMT  #" + name.id() + "  [0-9]+  <s_@x>  bouncing\n"
                            + "\tlocal\tb@hoge.example.com\n  done\tremote\ta@far\n  done\tremote\tc@far\n");
            assertThat(said(new QmailQstat(), "qmail-qstat"))
                    .isEqualTo("0 messages in queue: 2\nmessages in queue but not yet preprocessed: 1\n");
        }
        assertThat(said(new QmailQread(), "qmail-qread")).contains("<s_@x>  bouncing\n");
    }

    @Test
    void sendmailListsOurQueueAlsoWhereAForeignQreadIs() throws IOException {
        Files.createDirectory(home.resolve("bin"));
        Files.createFile(home.resolve("bin/qmail-qread"));
        try (Queue queue = files.open()) {
            TestingQueue.submit(queue.intake(Origin.LOCAL), "t\n", "s@x", "a@far");
        }
        Map<String, Tool> ours = Map.of("qmail-qread", new QmailQread());
        for (List<String> argv : List.of(List.of("sendmail", "-bp"), List.of("mailq"))) {
            TestingCall call = TestingCall.stdin("").env("QMAILHOME", home.toString());
            call.run(new Sendmail(name -> Optional.ofNullable(ours.get(name))), argv.toArray(String[]::new));
            assertThat(call.stdout()).endsWith("  <s@x> \n\tremote\ta@far\n");
        }
    }

    @Test
    void withoutAQueueItSaysWhat() throws IOException {
        TestingCall call =
                TestingCall.stdin("").env("QMAILHOME", home.resolve("none").toString());
        assertThat(((Tool.Exit.Code) call.run(new QmailQread(), "qmail-qread")).value())
                .isEqualTo(111);
        assertThat(call.stdout()).startsWith("fatal: unable to read " + home.resolve("none/postern-queue"));
        assertThat(((Tool.Exit.Code) call.run(new QmailQstat(), "qmail-qstat")).value())
                .isEqualTo(111);
    }
}
