package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.os.Octets;

class EnvdirCommandTest {
    @TempDir
    private Path dir;

    private final TestingCall call = TestingCall.stdin("").env("OLD", "kept").env("B", "was set");

    private Tool.Exit run(String... args) throws IOException {
        return call.cwd(dir).run(new Envdir(), args);
    }

    private Map<String, String> variables() throws IOException {
        assertThat(run("envdir", ".", "prog", "a", "")).isInstanceOf(Tool.Exit.Exec.class);
        return TestingCall.variables(((Tool.Exit.Exec) run("envdir", ".", "prog", "a", "")).env());
    }

    private void assertFails(String message) {
        assertThat(call.stderr()).isEqualTo("envdir: fatal: " + message + "\n");
    }

    @Test
    void theChildGetsItsOwnArgumentsAndDescriptors() throws IOException {
        Tool.Invocation invocation = call.cwd(dir).invocation("envdir", ".", "prog", "-x", "a b", "");
        assertThat(new Envdir().run(invocation)).isInstanceOfSatisfying(Tool.Exit.Exec.class, exec -> {
            assertThat(exec.argv().values()).containsExactly("prog", "-x", "a b", "");
            assertThat(exec.kept()).isSameAs(invocation.fds());
            assertThat(exec.cwd()).isEqualTo(dir);
        });
    }

    @Test
    void filesBecomeVariables() throws IOException {
        Files.writeString(dir.resolve("A"), "val\nsecond line\n");
        Files.writeString(dir.resolve("B"), "");
        Files.writeString(dir.resolve(".hidden"), "x");
        Files.createDirectory(dir.resolve(".svn"));
        assertThat(variables()).containsExactlyInAnyOrderEntriesOf(Map.of("A", "val", "OLD", "kept"));
    }

    @Test
    void octetsPassUnchanged() throws IOException {
        Path file = dir.resolve(Octets.path("N\u00e9"));
        Files.write(file, new byte[] {(byte) 0xe9, 0, (byte) 0xff, '\t', ' ', '\n'});
        assertThat(variables()).containsEntry("N\u00e9", "\u00e9\n\u00ff");
    }

    @Test
    void aNameEndsAtItsEqualsSign() throws IOException {
        Files.writeString(dir.resolve("A=B"), "x");
        assertThat(variables()).containsEntry("A", "B=x");
        Files.writeString(dir.resolve("A=B"), "");
        assertThat(variables()).containsEntry("A", "B");
    }

    @Test
    void aLinkToNowhereRemovesAsAnEmptyFileDoes() throws IOException {
        Files.createSymbolicLink(dir.resolve("B"), Path.of("nowhere"));
        assertThat(variables()).isEqualTo(Map.of("OLD", "kept"));
    }

    @Test
    @Timeout(20)
    void aPipeIsNotWaitedFor() throws Exception {
        assertThat(new ProcessBuilder("mkfifo", dir.resolve("B").toString())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(variables()).isEqualTo(Map.of("OLD", "kept"));
    }

    @Test
    void anEndlessFirstLineIsRefused() throws IOException {
        Files.createSymbolicLink(dir.resolve("Z"), Path.of("/dev/zero"));
        assertThat(run("envdir", "./", "prog")).isEqualTo(Tool.Exit.code(111));
        assertFails("unable to read .//Z: its first line has more than 1048576 octets");
    }

    @Test
    void longFilesCostOneLineOnly() throws IOException {
        Files.writeString(dir.resolve("A"), "x\n" + "y".repeat(5_000_000));
        Files.writeString(dir.resolve("L"), "z".repeat(500_000));
        assertThat(variables()).containsEntry("A", "x").containsEntry("L", "z".repeat(500_000));
    }

    @Test
    void aMissingDirectoryIs111() throws IOException {
        assertThat(run("envdir", "none", "prog")).isEqualTo(Tool.Exit.code(111));
        assertFails("unable to switch to directory none: file does not exist");
    }

    @Test
    void theEmptyNameIsNoDirectory() throws IOException {
        Files.writeString(dir.resolve("A"), "x");
        assertThat(run("envdir", "", "prog")).isEqualTo(Tool.Exit.code(111));
        assertFails("unable to switch to directory : file does not exist");
    }

    @Test
    void aFileIsNoDirectory() throws IOException {
        Files.writeString(dir.resolve("A"), "x");
        assertThat(run("envdir", "A", "prog")).isEqualTo(Tool.Exit.code(111));
        assertFails("unable to switch to directory A: not a directory");
    }

    @Test
    void tooFewArgumentsAre111() throws IOException {
        for (String[] args : List.of(new String[] {"envdir"}, new String[] {"envdir", "."})) {
            assertThat(run(args)).isEqualTo(Tool.Exit.code(111));
        }
        assertThat(call.stderr()).isEqualTo("envdir: usage: envdir dir child\n".repeat(2));
    }
}
