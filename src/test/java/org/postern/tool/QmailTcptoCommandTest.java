package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.control.ControlServer;
import org.postern.control.Handler;
import org.postern.control.Request;
import org.postern.file.Disk;
import org.postern.os.ThisProcess;
import org.postern.queue.Queue;
import org.postern.queue.TestingQueue;

/** qmail-tcpto and qmail-tcpok, in the originals' words. */
class QmailTcptoCommandTest {
    @TempDir
    private Path home;

    private TestingQueue files;
    private Path tcpto;

    @BeforeEach
    void queue() throws IOException {
        files = new TestingQueue(home.resolve("postern-queue"), Disk.real());
        files.open().close();
        tcpto = home.resolve("postern-queue/tcpto");
    }

    private record Said(int code, String out, String log) {}

    private Said said(Tool tool, String name) throws IOException {
        TestingCall call = TestingCall.stdin("").env("QMAILHOME", home.toString());
        Tool.Invocation asRoot = call.invocation(name);
        Tool.Exit exit = tool.run(new Tool.Invocation(
                asRoot.args(), asRoot.env(), asRoot.cwd(), ThisProcess.identity(), asRoot.fds(), asRoot.id()));
        asRoot.fds().connection().flush();
        return new Said(((Tool.Exit.Code) exit).value(), call.stdout(), call.stderr());
    }

    private Said listed() throws IOException {
        return said(new QmailTcpto(() -> Instant.ofEpochSecond(1_795_486_000)), "qmail-tcpto");
    }

    @Test
    void hostsAreListed() throws IOException {
        assertThat(listed()).isEqualTo(new Said(0, "", ""));
        Files.writeString(tcpto, """
                192.0.2.1 25 2 1795485400
                damaged
                192.0.2.1 2525 1 1795485999
                2001:db8::1 25 10 1795486000
                2001:db8::1 587 1 1795486000
                """);
        assertThat(listed()).isEqualTo(new Said(0, """
                192.0.2.1 timed out 600 seconds ago; # recent timeouts: 2
                192.0.2.1:2525 timed out 1 seconds ago; # recent timeouts: 1
                2001:db8::1 timed out 0 seconds ago; # recent timeouts: 10
                [2001:db8::1]:587 timed out 0 seconds ago; # recent timeouts: 1
                """, ""));
    }

    @Test
    void aSenderIsAsked() throws IOException {
        List<Request> asked = new ArrayList<>();
        Handler sender = (request, _) -> {
            asked.add(request);
            return 0;
        };
        try (Queue queue = files.open();
                ControlServer _ = ControlServer.start(queue.directory().root(), sender, _ -> {})) {
            Files.writeString(tcpto, "192.0.2.1 25 2 1795485400\n");
            assertThat(said(new QmailTcpok(), "qmail-tcpok")).isEqualTo(new Said(0, "", ""));
        }
        assertThat(asked).containsExactly(new Request.ForgetTimeOuts());
        assertThat(tcpto).isNotEmptyFile();
    }

    @Test
    void aQueueThatIsInUseAndDoesNotAnswerIsLeftAlone() throws IOException {
        try (Queue _ = files.open()) {
            Said said = said(new QmailTcpok(), "qmail-tcpok");
            assertThat(said.code()).isEqualTo(111);
            assertThat(said.log())
                    .startsWith("qmail-tcpok: fatal: unable to clear " + tcpto + ": the queue is in use by process ");
        }
    }

    @Test
    void withoutAQueueTheySayWhat() throws IOException {
        home = home.resolve("none");
        assertThat(listed())
                .isEqualTo(new Said(
                        111,
                        "fatal: unable to read " + home.resolve("postern-queue/tcpto") + ": file does not exist\n",
                        ""));
        Said said = said(new QmailTcpok(), "qmail-tcpok");
        assertThat(said.code()).isEqualTo(111);
        assertThat(said.log())
                .isEqualTo("qmail-tcpok: fatal: unable to clear " + home.resolve("postern-queue/tcpto")
                        + ": file does not exist\n");
    }

    @Test
    void withoutASenderTheFileIsCleared() throws IOException {
        Files.writeString(tcpto, "192.0.2.1 25 2 1795485400\n");
        assertThat(said(new QmailTcpok(), "qmail-tcpok").code()).isZero();
        assertThat(listed()).isEqualTo(new Said(0, "", ""));
        assertThat(Files.readString(tcpto)).isEmpty();
    }
}
