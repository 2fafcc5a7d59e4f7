package org.postern.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.Errno;
import org.postern.os.Octets;

/** Names are found as execvp(3) finds them. */
class ProgramsTest {
    private static final Tool TOOL = call -> Tool.Exit.code(0);

    @TempDir
    Path directory;

    private Path launcher;
    private Programs programs;

    @BeforeEach
    void launcher() throws IOException {
        launcher = executable("postern");
        programs = new Programs(name -> name.equals("tcpserver") ? Optional.of(TOOL) : Optional.empty(), launcher);
    }

    private Path executable(String name) throws IOException {
        Path file = directory.resolve(Octets.path(name));
        Files.createDirectories(file.getParent());
        Files.createFile(file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    private Env path(String... directories) {
        return Env.empty().with("PATH", String.join(":", directories));
    }

    private Programs.Found find(String name, Env env) throws IOException {
        return programs.find(name, env, directory);
    }

    @Test
    void linkToTheLauncherIsOursWhateverThePath() throws IOException {
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("tcpserver"), launcher);
        Path other = Files.createDirectory(directory.resolve("other"));
        Files.createSymbolicLink(other.resolve("tcpserver"), bin.resolve("tcpserver"));
        for (String name : new String[] {bin + "/tcpserver", "bin/tcpserver", "./other/../other/tcpserver"}) {
            assertThat(find(name, Env.empty())).as(name).isEqualTo(new Programs.Found.Ours(TOOL));
        }
        assertThat(find("tcpserver", path(bin.toString()))).isEqualTo(new Programs.Found.Ours(TOOL));
        assertThat(programs.isOurs("tcpserver", path(bin.toString()), directory))
                .isTrue();
    }

    @Test
    void sameNameAtAnotherFileIsForeign() throws IOException {
        Path theirs = executable("theirs/tcpserver");
        assertThat(find("tcpserver", path(theirs.getParent().toString())))
                .isEqualTo(new Programs.Found.Foreign(theirs));
        assertThat(programs.isOurs("tcpserver", path(theirs.getParent().toString()), directory))
                .isFalse();
    }

    @Test
    void linkOfANameThatWeDoNotKnowIsAForeignProgram() throws IOException {
        Files.createSymbolicLink(directory.resolve("postern2"), launcher);
        assertThat(find("./postern2", Env.empty()))
                .isInstanceOfSatisfying(
                        Programs.Found.Foreign.class,
                        f -> assertThat(f.file().normalize()).isEqualTo(directory.resolve("postern2")));
    }

    @Test
    void firstDirectoryOfPathWinsAndAnEmptyOneIsTheWorkingDirectory() throws IOException {
        executable("a/x");
        executable("b/x");
        Path here = executable("x");
        assertThat(find("x", path("b", "a"))).isEqualTo(new Programs.Found.Foreign(directory.resolve("b/x")));
        assertThat(((Programs.Found.Foreign) find("x", path("", "a"))).file().normalize())
                .isEqualTo(here);
        assertThat(((Programs.Found.Foreign) find("x", path("nowhere", "")))
                        .file()
                        .normalize())
                .isEqualTo(here);
    }

    @Test
    void withoutPathTheSystemsDirectoriesAreSearched() throws IOException {
        assertThat(find("sh", Env.empty()))
                .isInstanceOfSatisfying(
                        Programs.Found.Foreign.class,
                        f -> assertThat(f.file().toString()).isIn("/bin/sh", "/usr/bin/sh"));
        assertThatThrownBy(() -> find("sh", path("/nonexistent"))).isInstanceOf(NoSuchFileException.class);
    }

    /** As execvp: goes on searching, and says EACCES where nothing else was found. */
    @Test
    void fileThatMayNotBeRunIsPassedOver() throws IOException {
        Path a = executable("a/x");
        Files.setPosixFilePermissions(a, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> find("x", path("a")))
                .isInstanceOfSatisfying(
                        AccessDeniedException.class,
                        e -> assertThat(Errno.of(e)).isEqualTo(Errno.EACCES));
        Path b = executable("b/x");
        assertThat(find("x", path("a", "b"))).isEqualTo(new Programs.Found.Foreign(b));
        Files.createDirectories(directory.resolve("c/x"));
        assertThatThrownBy(() -> find("c/x", Env.empty())).isInstanceOf(AccessDeniedException.class);
    }

    @Test
    void whatIsNotThereIsToldAsExecWould() {
        for (String name : new String[] {"nothing", "./nothing", "/nonexistent/x"}) {
            assertThatThrownBy(() -> find(name, path("/usr/bin")))
                    .as(name)
                    .isInstanceOfSatisfying(
                            IOException.class, e -> assertThat(Errno.of(e)).isEqualTo(Errno.ENOENT));
        }
    }

    /** pathexec(): the empty name is each directory of PATH, which nobody can run. */
    @Test
    void theEmptyNameIsDenied() {
        assertThatThrownBy(() -> find("", path("/usr/bin"))).isInstanceOf(AccessDeniedException.class);
    }

    @Test
    void octetsThatAreNoTextAreANameToo() throws IOException {
        Path file = executable("p\u00e9/x\u00ff");
        assertThat(find("x\u00ff", path("p\u00e9"))).isEqualTo(new Programs.Found.Foreign(file));
    }

    @Test
    void withoutALauncherAllIsForeign() throws IOException {
        Programs foreign = new Programs(name -> Optional.of(TOOL), null);
        assertThat(foreign.find("./postern", Env.empty(), directory)).isInstanceOf(Programs.Found.Foreign.class);
    }
}
