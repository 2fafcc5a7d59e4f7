package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.os.ThisProcess;
import org.postern.queue.TestingQueue;
import org.postern.tool.TestingToolRecords.Seen;

/** Short calls of qmail's programs and of tcpserver, as recorded: exit code, output, complaint. */
class CommandLineRecordsTest {
    /** What ours complain of instead; HOME is the qmail directory. */
    private static final Map<String, String> DIFFERENCES = Map.of(
            "cli: qmail-inject -?",
            "qmail-inject: usage: qmail-inject [ -nNaAhH ] [ -f sender ] [ recipient ... ]\n",
            "cli: qmail-newu",
            "qmail-newu: fatal: unable to open HOME/users/assign: file does not exist\n");

    @TempDir
    private Path home;

    static List<Seen> qmail() throws IOException {
        // What qmail-showctl says is compared sentence by sentence elsewhere.
        return TestingToolRecords.read("tools-cli.txt", "cli: (?!qmail-showctl).*");
    }

    static List<Seen> tcpserver() throws IOException {
        return TestingToolRecords.read("tools.txt", "tcpserver: .*");
    }

    @ParameterizedTest
    @MethodSource({"qmail", "tcpserver"})
    void endsAsRecorded(Seen seen) throws IOException {
        Path control = Files.createDirectory(home.resolve("control"));
        Files.writeString(control.resolve("me"), "hoge.example.com\n");
        Files.writeString(control.resolve("rcpthosts"), "hoge.example.com\n");
        new TestingQueue(home.resolve("postern-queue"), Disk.real()).open().close();
        TestingCall call = TestingCall.stdin(seen.stdin()).cwd(home).env("QMAILHOME", home.toString());
        Tool tool = new Tools(Path.of("postern").toAbsolutePath(), ThisProcess.identity())
                .find(seen.argv()[0])
                .orElseThrow();
        assertThat(call.run(tool, seen.argv())).isEqualTo(Tool.Exit.code(seen.rc()));
        assertThat(call.stdout()).isEqualTo(seen.stdout());
        assertThat(call.stderr())
                .isEqualTo(DIFFERENCES.getOrDefault(seen.title(), seen.stderr()).replace("HOME", home.toString()));
    }
}
