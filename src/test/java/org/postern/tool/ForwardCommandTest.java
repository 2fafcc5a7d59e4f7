package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.os.Descriptor;
import org.postern.os.Octets;
import org.postern.queue.Queue;
import org.postern.queue.QueuedMessage;
import org.postern.queue.TestingQueue;

/** forward, and condredirect where its program says yes: the message goes into the queue again. */
class ForwardCommandTest {
    private static final String MESSAGE = "Subject: s\n\nb\u00fc\0\n";
    private static final String DTLINE = "Delivered-To: joe@hoge.example.com\n";

    @TempDir
    private Path home;

    private TestingQueue files;
    private int message;
    private TestingCall call;

    @BeforeEach
    void site() throws IOException {
        files = new TestingQueue(home.resolve("postern-queue"), Disk.real());
        files.open().close();
        Path file = Files.write(home.resolve("message"), Octets.bytes(MESSAGE));
        message = Descriptor.openFile(file.toString());
        call = TestingCall.stdin("")
                .descriptor(0, message)
                .cwd(home)
                .env("QMAILHOME", home.toString())
                .env("DTLINE", DTLINE)
                .env("NEWSENDER", "joe-owner@hoge.example.com")
                .env("SENDER", "sender@x.y");
    }

    @AfterEach
    void close() {
        Descriptor.close(message);
    }

    private int run(Tool tool, String... args) throws IOException {
        return ((Tool.Exit.Code) call.run(tool, args)).value();
    }

    /** A condition that has read some of the message. */
    private Condredirect reading() {
        return new Condredirect(called -> {
            try {
                assertThat(Descriptor.read(message, new byte[7])).isEqualTo(7);
                return new Subprogram.Outcome.Exited(0);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    /** What is in the queue: sender, recipients, and the text without the queue's Received line. */
    private List<String> queued() throws IOException {
        try (Queue queue = files.open()) {
            queue.take();
            QueuedMessage m = queue.read(queue.nextArrival());
            List<String> queued = new ArrayList<>(List.of(m.sender()));
            QueuedMessage.Recipients each = m.recipients();
            while (each.next()) {
                queued.add(each.address());
            }
            String text = TestingQueue.text(m);
            queued.add(text.substring(text.indexOf('\n') + 1));
            return queued;
        }
    }

    @Test
    void forwardSendsAllOfTheMessage() throws IOException {
        // As the lines before it in a .qmail file may have left it.
        assertThat(Descriptor.read(message, new byte[100])).isEqualTo(MESSAGE.length());
        assertThat(run(new Forward(), "forward", "a@b.c", "joe-x"))
                .as("%s", call.stderr())
                .isZero();
        assertThat(call.stderr()).matches("forward: qp [0-9]+\n");
        assertThat(queued()).containsExactly("joe-owner@hoge.example.com", "a@b.c", "joe-x", DTLINE + MESSAGE);
    }

    @Test
    void forwardTakesAPipeAsItIs() throws IOException {
        int[] pipe = Descriptor.pipe();
        Descriptor.write(pipe[1], Octets.bytes("X: y\n"));
        Descriptor.close(pipe[1]);
        call.descriptor(0, pipe[0]);
        assertThat(run(new Forward(), "forward", "a@b.c"))
                .as("%s", call.stderr())
                .isZero();
        Descriptor.close(pipe[0]);
        assertThat(queued()).endsWith(DTLINE + "X: y\n");
    }

    @Test
    void condredirectSendsAllOfWhatItsProgramHasRead() throws IOException {
        assertThat(run(reading(), "condredirect", "a@b.c", "p"))
                .as("%s", call.stderr())
                .isEqualTo(99);
        assertThat(call.stderr()).matches("condredirect: qp [0-9]+\n");
        assertThat(queued()).containsExactly("sender@x.y", "a@b.c", DTLINE + MESSAGE);
    }

    @Test
    void theNullSenderStaysOne() throws IOException {
        call.env("NEWSENDER", "");
        assertThat(run(new Forward(), "forward", "a@b.c")).isZero();
        assertThat(queued()).startsWith("", "a@b.c");
    }

    @Test
    void qmailqueueTakesItInstead() throws IOException {
        Path program = Files.writeString(home.resolve("qq"), "#!/bin/sh\ncat >got; cat <&1 >>got; pwd >>got\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        call.env("QMAILQUEUE", program.toString());
        assertThat(run(reading(), "condredirect", "a@b.c", "p"))
                .as("%s", call.stderr())
                .isEqualTo(99);
        assertThat(Octets.of(Files.readAllBytes(home.resolve("got"))))
                .isEqualTo(DTLINE + MESSAGE + "Fsender@x.y\0Ta@b.c\0\0" + home + "\n");
    }

    @Test
    void aQueueThatRefusesForGoodBounces() throws IOException {
        Path program = Files.writeString(home.resolve("qq"), "#!/bin/sh\nexec cat >/dev/null\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(program, "#!/bin/sh\ncat >/dev/null; exit 31\n");
        call.env("QMAILQUEUE", program.toString());
        assertThat(run(new Forward(), "forward", "a@b.c")).isEqualTo(100);
        call.env("QMAILQUEUE", home + "/nosuch");
        assertThat(run(new Forward(), "forward", "a@b.c")).isEqualTo(111);
        assertThat(call.stderr())
                .isEqualTo("forward: fatal: mail server permanently rejected message (#5.3.0)\n"
                        + "forward: fatal: unable to exec qq (#4.3.0)\n");
    }

    @Test
    void outsideOfADeliveryThereIsNothingToForward() throws IOException {
        TestingCall bare = TestingCall.stdin("").descriptor(0, message);
        assertThat(bare.run(new Forward(), "forward", "a@b.c")).isEqualTo(Tool.Exit.code(100));
        bare.env("NEWSENDER", "");
        assertThat(bare.run(new Forward(), "forward", "a@b.c")).isEqualTo(Tool.Exit.code(100));
        assertThat(bare.run(reading(), "condredirect", "a@b.c", "p")).isEqualTo(Tool.Exit.code(100));
        assertThat(bare.stderr())
                .isEqualTo("forward: fatal: NEWSENDER not set\nforward: fatal: DTLINE not set\n"
                        + "condredirect: fatal: SENDER not set\n");
    }

    @Test
    void forwardNeedsAnAddress() throws IOException {
        assertThat(run(new Forward(), "forward")).isEqualTo(100);
        assertThat(call.stderr()).isEqualTo("forward: usage: forward address ...\n");
    }
}
