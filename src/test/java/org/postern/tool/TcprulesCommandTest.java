package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.file.TestingCdb;
import org.postern.tcp.TestingWire;

class TcprulesCommandTest {
    @TempDir
    private Path dir;

    private TestingCall call = TestingCall.stdin("10.:allow\n:deny");

    private Tool.Exit run(String... args) throws IOException {
        return call.cwd(dir).run(new Tcprules(Disk.real()), args);
    }

    private void assertFails(Tool.Exit exit, String message) {
        assertThat(exit).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr()).isEqualTo("tcprules: fatal: " + message + "\n");
    }

    @Test
    void theLastLineNeedsNoLineFeed() throws IOException {
        assertThat(run("tcprules", "x.cdb", "x.tmp")).isEqualTo(Tool.Exit.code(0));
        assertThat(TestingCdb.entries(dir.resolve("x.cdb")))
                .containsExactly(new TestingCdb.Entry("10.", ""), new TestingCdb.Entry("", "D\0"));
        assertThat(dir.resolve("x.tmp")).doesNotExist();
        assertThat(call.stderr()).isEmpty();
        assertThat(call.stdout()).isEmpty();
    }

    @Test
    void linesMayArriveInAnyPieces() throws IOException {
        String rules = "10.:allow,A=\"b\"\n\n# c\n11.1-2.:deny\n";
        for (int cut = 0; cut <= rules.length(); cut++) {
            call = TestingCall.wire(TestingWire.cutAt(rules, cut));
            assertThat(run("tcprules", "x.cdb", "x.tmp")).isEqualTo(Tool.Exit.code(0));
            assertThat(TestingCdb.entries(dir.resolve("x.cdb")))
                    .containsExactly(
                            new TestingCdb.Entry("10.", "+A=b\0"),
                            new TestingCdb.Entry("11.1.", "D\0"),
                            new TestingCdb.Entry("11.2.", "D\0"));
        }
    }

    @Test
    void furtherArgumentsAndOptionsMeanNothing() throws IOException {
        assertThat(run("tcprules", "-x", "-y", "more")).isEqualTo(Tool.Exit.code(0));
        assertThat(dir.resolve("-x")).exists();
    }

    @Test
    void oneArgumentIsMisuse() throws IOException {
        assertThat(run("tcprules", "x.cdb")).isEqualTo(Tool.Exit.code(100));
        assertThat(call.stderr()).isEqualTo("tcprules: usage: tcprules rules.cdb rules.tmp\n");
    }

    @Test
    void aNulEndsTheLineThatIsShown() throws IOException {
        call = TestingCall.stdin("x\0y:bad\n");
        assertThat(run("tcprules", "x.cdb", "x.tmp")).isEqualTo(Tool.Exit.code(100));
        assertThat(call.stderr()).isEqualTo("tcprules: fatal: unable to parse this line: x\n");
    }

    @Test
    void theRemedyStandsOnStandardError() throws IOException {
        call = TestingCall.stdin("# mine\n10.0.0.0/8:deny\n:allow\n");
        assertThat(run("tcprules", "x.cdb", "x.tmp")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stderr())
                .isEqualTo(
                        "tcprules: warning: line 2 never matches: 10.0.0.0/8:deny: networks with / are not understood;"
                                + " write 10.\n");
    }

    @Test
    void aFullDiskLeavesTheOldRules() throws IOException {
        Files.writeString(dir.resolve("x.cdb"), "old");
        assertFails(run("tcprules", "x.cdb", "/dev/full"), "unable to write to /dev/full: out of disk space");
        assertThat(dir.resolve("x.cdb")).hasContent("old");
    }

    @Test
    void aDirectoryInTheWay() throws IOException {
        Files.createDirectory(dir.resolve("d"));
        assertFails(run("tcprules", "x.cdb", "d"), "unable to create d: is a directory");
    }

    @Test
    void aDirectoryInTheCdbsPlace() throws IOException {
        Files.createDirectory(dir.resolve("d"));
        assertFails(run("tcprules", "d", "x.tmp"), "unable to move x.tmp to d: is a directory");
    }

    @Test
    void emptyNames() throws IOException {
        assertFails(run("tcprules", "x.cdb", ""), "unable to create : file does not exist");
    }

    @Test
    void anEmptyNameForTheCdb() throws IOException {
        assertFails(run("tcprules", "", "x.tmp"), "unable to move x.tmp to : file does not exist");
    }

    @Test
    void anotherFileSystem() throws IOException {
        Path other = Path.of("/dev/shm/rules-" + ProcessHandle.current().pid());
        try {
            assertFails(
                    run("tcprules", "x.cdb", other.toString()),
                    "unable to move " + other + " to x.cdb: cross-device link");
        } finally {
            Files.deleteIfExists(other);
        }
    }

    @Test
    void inputThatCannotBeRead() throws IOException {
        call = TestingCall.wire(TestingWire.hangingAfter("10.:allow\n"));
        assertFails(run("tcprules", "x.cdb", "x.tmp"), "unable to read input: read timed out");
        assertThat(dir.resolve("x.cdb")).doesNotExist();
    }

    @Test
    void aLineWithoutEndIsNotKeptInMemory() throws IOException {
        call = TestingCall.stdin("#".repeat(3 << 20));
        assertFails(run("tcprules", "x.cdb", "x.tmp"), "unable to read input: a line has more than 1048576 octets");
    }

    /** The real disk, and what was done with it. */
    private static final class TestingDisk implements Disk {
        private final List<String> done = new ArrayList<>();
        private final boolean syncFails;

        TestingDisk(boolean syncFails) {
            this.syncFails = syncFails;
        }

        @Override
        public Output create(Path file, int mode) throws IOException {
            return Disk.real().create(file, mode);
        }

        @Override
        public Appended append(Path file) throws IOException {
            return Disk.real().append(file);
        }

        @Override
        public void createDirectory(Path directory, int mode) throws IOException {
            Disk.real().createDirectory(directory, mode);
        }

        @Override
        public void rename(Path from, Path to) throws IOException {
            // Whole before it has the name.
            done.add("rename " + TestingCdb.entries(from).size());
            Disk.real().rename(from, to);
        }

        @Override
        public void link(Path existing, Path added) throws IOException {
            Disk.real().link(existing, added);
        }

        @Override
        public void unlink(Path file) throws IOException {
            Disk.real().unlink(file);
        }

        @Override
        public void syncDirectory(Path directory) throws IOException {
            done.add("sync " + directory);
            if (syncFails) {
                throw new java.nio.file.AccessDeniedException(directory.toString());
            }
            Disk.real().syncDirectory(directory);
        }
    }

    @Test
    void theWholeFileIsRenamedAndItsDirectorySynced() throws IOException {
        TestingDisk disk = new TestingDisk(false);
        assertThat(call.cwd(dir).run(new Tcprules(disk), "tcprules", "x.cdb", "x.tmp"))
                .isEqualTo(Tool.Exit.code(0));
        assertThat(disk.done).containsExactly("rename 2", "sync " + dir);
    }

    @Test
    void aDirectoryThatCannotBeSyncedIsWarnedOfOnly() throws IOException {
        TestingDisk disk = new TestingDisk(true);
        assertThat(call.cwd(dir).run(new Tcprules(disk), "tcprules", "x.cdb", "x.tmp"))
                .isEqualTo(Tool.Exit.code(0));
        assertThat(call.stderr())
                .isEqualTo("tcprules: warning: unable to sync the directory of x.cdb: access denied\n");
    }
}
