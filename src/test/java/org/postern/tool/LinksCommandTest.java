package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.tool.TestingCommand.Left;

class LinksCommandTest {
    private static final int ALL = Tools.NAMES.size();

    @TempDir
    Path directory;

    private Path launcher;
    private Path root;

    @BeforeEach
    void launcher() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        launcher = Files.createFile(directory.resolve("postern"));
        root = directory.resolve("root");
    }

    private Left links(String... arguments) throws IOException {
        String[] all = Stream.concat(Stream.of("links"), Stream.of(arguments)).toArray(String[]::new);
        return TestingCommand.postern(launcher, all);
    }

    @Test
    void eachProgramGetsALinkInTheDirectory() throws IOException {
        Path bin = directory.resolve("a/bin");
        assertThat(links(bin.toString()))
                .isEqualTo(new Left(0, "made " + ALL + " of " + ALL + " links in " + bin + "\n", ""));
        for (String name : Tools.NAMES) {
            assertThat(Files.readSymbolicLink(bin.resolve(name))).isEqualTo(launcher);
        }
        try (Stream<Path> files = Files.list(bin)) {
            assertThat(files).hasSize(ALL);
        }
        assertThat(links(bin.toString()).stdout()).startsWith("made 0 of " + ALL);
        assertThat(links(bin.toString(), "--undo").stdout()).startsWith("removed " + ALL + " of " + ALL);
        assertThat(bin).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({
        "bin, checkpassword",
        "usr/local/bin, envdir",
        "usr/local/bin, tcpserver",
        "usr/local/bin, tcprules",
        "usr/local/bin, tcprulescheck",
        "usr/local/bin, relay-ctrl-chdir",
        "usr/local/bin, relay-ctrl-allow",
        "usr/local/bin, relay-ctrl-check",
        "usr/local/bin, relay-ctrl-age",
        "usr/local/bin, relay-ctrl-send",
        "usr/local/bin, relay-ctrl-udp",
        "var/qmail/bin, qmail-popup",
        "var/qmail/bin, qmail-pop3d",
        "var/qmail/bin, qmail-smtpd",
        "var/qmail/bin, qmail-queue",
        "var/qmail/bin, qmail-send",
        "var/qmail/bin, qmail-start",
        "var/qmail/bin, splogger",
        "var/qmail/bin, maildirmake"
    })
    void recipesPlaces(String place, String name) throws IOException {
        assertThat(links("--recipe", "--root", root.toString()).code()).isZero();
        assertThat(Files.readSymbolicLink(root.resolve(place).resolve(name))).isEqualTo(launcher);
    }

    /** A file, a link and a dangling link that were there come back as they were. */
    @Test
    void whatWasThereIsKeptAndComesBack() throws IOException {
        Path bin = Files.createDirectories(root.resolve("usr/local/bin"));
        Files.writeString(bin.resolve("tcpserver"), "original");
        Files.setPosixFilePermissions(bin.resolve("tcpserver"), PosixFilePermissions.fromString("rwxr-x---"));
        Files.createSymbolicLink(bin.resolve("envdir"), Path.of("/usr/bin/envdir"));
        Files.createSymbolicLink(bin.resolve("tcprules"), Path.of("/nowhere"));
        Map<String, String> before = snapshot();

        assertThat(links("--recipe", "--root", root.toString()))
                .isEqualTo(new Left(
                        0, "made " + ALL + " of " + ALL + " links in the recipe's places below " + root + "\n", ""));
        assertThat(Files.readSymbolicLink(bin.resolve("tcpserver"))).isEqualTo(launcher);
        assertThat(bin.resolve("tcpserver.orig")).content().isEqualTo("original");
        assertThat(Files.readSymbolicLink(bin.resolve("tcprules.orig"))).isEqualTo(Path.of("/nowhere"));
        assertThat(links("--recipe", "--root", root.toString()).stdout()).startsWith("made 0 of");
        assertThat(bin.resolve("tcpserver.orig")).content().isEqualTo("original");

        assertThat(links("--recipe", "--root", root.toString(), "--undo").code())
                .isZero();
        assertThat(snapshot()).isEqualTo(before);
        assertThat(links("--recipe", "--root", root.toString(), "--undo").stdout())
                .startsWith("removed 0 of");
        assertThat(snapshot()).isEqualTo(before);
    }

    /** Two originals cannot both be kept: nothing of either is lost, and no other place is changed. */
    @Test
    void whatStandsInTheWayIsSaidBeforeAnythingIsChanged() throws IOException {
        Path bin = Files.createDirectories(root.resolve("usr/local/bin"));
        Files.writeString(bin.resolve("tcpserver"), "new");
        Files.writeString(bin.resolve("tcpserver.orig"), "old");
        Files.writeString(bin.resolve("envdir"), "original");
        Files.createDirectory(bin.resolve("tcprules"));
        Files.writeString(root.resolve("bin"), "a file");
        Map<String, String> before = snapshot();
        Left left = links("--recipe", "--root", root.toString());
        assertThat(left.code()).isEqualTo(111);
        assertThat(left.stdout()).isEmpty();
        assertThat(left.stderr().lines())
                .containsExactlyInAnyOrder(
                        "postern links: fatal: " + bin + "/tcpserver.orig is there already, and " + bin
                                + "/tcpserver is not ours: move one of them away",
                        "postern links: fatal: " + bin + "/tcprules is a directory: move it away",
                        "postern links: fatal: " + root + "/bin is no directory that may be written to",
                        "postern links: nothing was changed");
        assertThat(snapshot()).isEqualTo(before);
    }

    /** The links of a checkout that has moved lead nowhere, and are no originals. */
    @Test
    void linksOfAMovedCheckoutAreReplaced() throws IOException {
        Path bin = Files.createDirectories(root.resolve("usr/local/bin"));
        Files.writeString(bin.resolve("tcpserver.orig"), "original");
        Files.createSymbolicLink(bin.resolve("tcpserver"), Path.of("/moved/away/postern"));
        Files.createSymbolicLink(bin.resolve("envdir"), Path.of("/moved/away/postern"));
        assertThat(links("--recipe", "--root", root.toString()).stdout()).startsWith("made " + ALL + " of " + ALL);
        assertThat(Files.readSymbolicLink(bin.resolve("tcpserver"))).isEqualTo(launcher);
        assertThat(bin.resolve("envdir.orig")).doesNotExist();
        assertThat(links("--recipe", "--root", root.toString(), "--undo").stdout())
                .startsWith("removed " + ALL + " of " + ALL);
        assertThat(snapshot())
                .isEqualTo(Map.of(
                        bin.resolve("tcpserver").toString(),
                        "original" + Files.getPosixFilePermissions(bin.resolve("tcpserver"))));
    }

    @Test
    void closedDirectoryOfTheLinksIsWarnedOf() throws IOException {
        Path qmail = Files.createDirectories(root.resolve("var/qmail"));
        Files.setPosixFilePermissions(qmail, PosixFilePermissions.fromString("rwx------"));
        assertThat(links("--recipe", "--root", root.toString()).stderr())
                .isEqualTo("postern links: warning: " + qmail + " is closed to other users: programs that run as users"
                        + " cannot use these links: chmod o+x " + qmail + "\n");
        assertThat(links("--recipe", "--root", root.toString(), "--undo").stderr())
                .isEmpty();
    }

    /** What another put there meanwhile is not taken away. */
    @Test
    void undoLeavesWhatIsNotOurs() throws IOException {
        links("--recipe", "--root", root.toString());
        Path file = root.resolve("bin/checkpassword");
        Files.delete(file);
        Files.writeString(file, "another's");
        assertThat(links("--recipe", "--root", root.toString(), "--undo").stdout())
                .startsWith("removed " + (ALL - 1) + " of " + ALL);
        assertThat(file).content().isEqualTo("another's");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--recipe DIR", "--undo", "--nonsense", "a b"})
    void misuseIsTold(String line) throws IOException {
        Left left = links(line.isEmpty() ? new String[0] : line.split(" ", -1));
        assertThat(left.code()).isEqualTo(100);
        assertThat(left.stderr()).isNotEmpty();
        assertThat(left.stdout()).isEmpty();
    }

    @Test
    void closedDirectoryAboveTheCheckoutIsWarnedOf() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        assertThat(links(directory.resolve("bin").toString()).stderr())
                .startsWith("postern links: warning: " + directory + " is closed to other users: ")
                .endsWith("chmod o+x " + directory + "\n");
    }

    /** Every file below root: its name, and its content or where it leads, and its mode. */
    private Map<String, String> snapshot() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path file : all.filter(f -> !Files.isDirectory(f, LinkOption.NOFOLLOW_LINKS))
                    .toList()) {
                files.put(
                        file.toString(),
                        Files.isSymbolicLink(file)
                                ? "-> " + Files.readSymbolicLink(file)
                                : Files.readString(file) + Files.getPosixFilePermissions(file));
            }
        }
        return files;
    }
}
