package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.file.TestingDisk;
import org.postern.queue.MessageName;
import org.postern.queue.Queue;
import org.postern.queue.QueuedMessage;
import org.postern.queue.TestingQueue;

class QmailQueueCommandTest {
    private static final String TEXT = "Subject: t\n\nbody\n";

    @TempDir
    private Path home;

    private TestingQueue files;

    @BeforeEach
    void queue() throws IOException {
        files = new TestingQueue(home.resolve("postern-queue"), Disk.real());
        files.open().close();
    }

    private int run(QmailQueue tool, String message, String envelope) throws IOException {
        Tool.Exit exit = TestingCall.stdin("")
                .env("QMAILHOME", home.toString())
                .descriptor(0, message)
                .descriptor(1, envelope)
                .run(tool, "qmail-queue");
        return ((Tool.Exit.Code) exit).value();
    }

    private int run(String envelope) throws IOException {
        return run(new QmailQueue(), TEXT, envelope);
    }

    @Test
    void aMessageIsQueued() throws IOException {
        assertThat(run("Fs@x\0Ta@y\0Tb@z\0\0")).isZero();
        try (Queue queue = files.open()) {
            queue.take();
            MessageName name = queue.nextArrival();
            QueuedMessage m = queue.read(name);
            assertThat(TestingQueue.text(m))
                    .matches("Received: \\(qmail [0-9]+ invoked by uid [0-9]+\\); .* -0000\n(?s)Subject: t\n\nbody\n");
            assertThat(m.sender()).isEqualTo("s@x");
            assertThat(m.recipientCount()).isEqualTo(2);
        }
    }

    @Test
    void everyOctetPasses() throws IOException {
        StringBuilder all = new StringBuilder();
        for (char c = 0; c < 256; c++) {
            all.append(c);
        }
        String message = all.toString().repeat(100);
        assertThat(run(new QmailQueue(), message, "Fs\u00e9@x\0T\u00ff@y\0\0")).isZero();
        try (Queue queue = files.open()) {
            queue.take();
            QueuedMessage m = queue.read(queue.nextArrival());
            assertThat(TestingQueue.text(m)).endsWith("\n" + message);
            assertThat(m.sender()).isEqualTo("s\u00e9@x");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', 54",
        "F, 54",
        "Fs@x, 54",
        "Fs@x~, 54",
        "Fs@x~Ta, 54",
        "Fs@x~Ta~, 54",
        "Xs@x~Ta~~, 91",
        "Fs@x~Xa~~, 91",
        "Fs@x~~, 0",
        "F~Ta@x~~, 0",
        "F#@[]~Ta@x~~, 0",
    })
    void theEnvelopeDecidesTheExit(String envelope, int exit) throws IOException {
        assertThat(run(envelope.replace('~', '\0'))).isEqualTo(exit);
        assertThat(files.names("drop")).hasSize(exit == 0 ? 1 : 0);
    }

    @Test
    void anAddressMayHave1002Octets() throws IOException {
        assertThat(run("F" + "a".repeat(1002) + "\0Ta\0\0")).isZero();
        assertThat(run("F" + "a".repeat(1003) + "\0Ta\0\0")).isEqualTo(11);
        assertThat(run("F\0T" + "a".repeat(1002) + "\0\0")).isZero();
        assertThat(run("F\0T" + "a".repeat(1003) + "\0\0")).isEqualTo(11);
        // An endless address is not read to its end.
        assertThat(run("F" + "a".repeat(1_000_000))).isEqualTo(11);
    }

    @Test
    void moreThan16MegabytesOfRecipientsAre31() throws IOException {
        assertThat(run("F\0" + ("T" + "a".repeat(1000) + "\0").repeat(17_000) + "\0"))
                .isEqualTo(31);
        assertThat(files.names("drop")).isEmpty();
    }

    @Test
    void withoutAQueueItIs62() throws IOException {
        try (var all = Files.walk(home.resolve("postern-queue"))) {
            all.sorted(java.util.Comparator.reverseOrder())
                    .forEach(f -> f.toFile().delete());
        }
        assertThat(run("F\0Ta\0\0")).isEqualTo(62);
    }

    @ParameterizedTest
    @CsvSource({
        "create, No space left on device, 53",
        "write, No space left on device, 53",
        "sync, No space left on device, 53",
        "sync, Input/output error, 53",
        "rename, No space left on device, 53",
        "syncdir, Input/output error, 53",
        "create, Read-only file system, 53",
        "create, Permission denied, 64",
        "rename, Operation not permitted, 65",
        "syncdir, Permission denied, 66",
        "write, Cannot allocate memory, 51",
        "write, Disk quota exceeded, 53",
    })
    void anErrorOfTheDiskIsToldAndNothingIsLeft(String operation, String error, int exit) throws IOException {
        TestingDisk disk = new TestingDisk();
        disk.fault((name, file) -> name.equals(operation) ? new IOException(error) : null);
        QmailQueue tool = new QmailQueue(disk, InstantSource.system());
        assertThat(run(tool, TEXT.repeat(1000), "F\0Ta\0\0")).isEqualTo(exit);
        assertThat(files.names("drop")).isEmpty();
        disk.fault((name, file) -> null);
        assertThat(run(tool, TEXT, "F\0Ta\0\0")).isZero();
    }

    @Test
    void itIsDurableBeforeItSaysSo() throws IOException {
        TestingDisk disk = new TestingDisk();
        assertThat(run(new QmailQueue(disk, InstantSource.system()), TEXT, "F\0Ta\0\0"))
                .isZero();
        assertThat(disk.operations().stream().map(o -> o.split(" ", -1)[0]))
                .containsExactly("create", "write", "sync", "rename", "syncdir");
    }
}
