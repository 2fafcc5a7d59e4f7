package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.tool.TestingCommand.Left;

class SetupRecipeCommandTest {
    @TempDir
    Path root;

    @BeforeEach
    void openRoot() throws IOException {
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Left setup(String... arguments) throws IOException {
        String[] all = Stream.concat(Stream.of("setup-recipe", "--root", root.toString()), Stream.of(arguments))
                .toArray(String[]::new);
        return TestingCommand.postern(Path.of("postern").toAbsolutePath(), all);
    }

    private String mode(String file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve(file)));
    }

    @Test
    void doesTheRecipesSteps() throws IOException {
        Left left = setup();
        assertThat(left.code()).isZero();
        assertThat(left.stderr()).isEmpty();
        assertThat(root.resolve("etc/relay-ctrl/RELAY_CTRL_DIR")).content().isEqualTo("/var/qmail/relay-ctrl/spool\n");
        assertThat(root.resolve("etc/relay-ctrl/RELAY_CTRL_EXPIRY")).content().isEqualTo("600\n");
        assertThat(mode("var/qmail/relay-ctrl")).isEqualTo("rwx------");
        assertThat(mode("var/qmail/relay-ctrl/spool")).isEqualTo("rwxrwxrwx");
        assertThat(root.resolve("etc/cron.d/relay-ctrl"))
                .content()
                .contains("\n* * * * * root ", "/envdir /etc/relay-ctrl ", "/relay-ctrl-age\n");
        assertThat(root.resolve("var/qmail/control")).doesNotExist();
    }

    /** The file names / and not the root that it was made below. */
    @Test
    void cronLineNamesTheRecipesPlaces() throws IOException {
        setup();
        assertThat(root.resolve("etc/cron.d/relay-ctrl"))
                .content()
                .endsWith("* * * * * root /usr/local/bin/envdir /etc/relay-ctrl /usr/local/bin/relay-ctrl-age\n");
    }

    @Test
    void meMakesTheControlFilesThatAreMissing() throws IOException {
        Path control = Files.createDirectories(root.resolve("var/qmail/control"));
        Files.writeString(control.resolve("rcpthosts"), "old.example\nother.example\n");
        Left left = setup("--me", "mail.example.com", "--expiry", "900");
        assertThat(left.stdout()).contains("kept    " + control.resolve("rcpthosts") + " (old.example)\n");
        assertThat(control.resolve("me")).content().isEqualTo("mail.example.com\n");
        assertThat(control.resolve("locals")).content().isEqualTo("mail.example.com\n");
        assertThat(control.resolve("rcpthosts")).content().isEqualTo("old.example\nother.example\n");
        assertThat(root.resolve("etc/relay-ctrl/RELAY_CTRL_EXPIRY")).content().isEqualTo("900\n");
    }

    @Test
    void secondTimeChangesNothing() throws IOException {
        setup("--me", "mail.example.com");
        Left again = setup("--me", "mail.example.com");
        assertThat(again.code()).isZero();
        assertThat(again.stdout().lines()).allMatch(l -> l.startsWith("exists  "));
        assertThat(again.stderr()).isEmpty();
    }

    @Test
    void modesAreSetRight() throws IOException {
        setup();
        Files.setPosixFilePermissions(
                root.resolve("var/qmail/relay-ctrl"), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(setup().stdout()).contains("chmod   " + root.resolve("var/qmail/relay-ctrl") + " rwx------\n");
        assertThat(mode("var/qmail/relay-ctrl")).isEqualTo("rwx------");
    }

    /** The page of 2004 announces another spool than it makes: one that the site names is kept, and so is its parent. */
    @Test
    void spoolOfTheSitesOwnIsKept() throws IOException {
        Path spool = Files.createDirectories(root.resolve("var/spool/relay-ctrl"));
        Files.setPosixFilePermissions(root.resolve("var/spool"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Path settings = Files.createDirectories(root.resolve("etc/relay-ctrl"));
        Files.writeString(settings.resolve("RELAY_CTRL_DIR"), "/var/spool/relay-ctrl\n");
        Left left = setup();
        assertThat(left.stdout()).contains("exists  " + spool + "\n");
        assertThat(left.stderr()).isEmpty();
        assertThat(mode("var/spool")).isEqualTo("rwxr-xr-x");
        assertThat(root.resolve("var/qmail/relay-ctrl")).doesNotExist();

        Files.delete(spool);
        Left missing = setup();
        assertThat(missing.stderr())
                .isEqualTo("postern setup-recipe: warning: " + settings.resolve("RELAY_CTRL_DIR")
                        + " says /var/spool/relay-ctrl, and there is no such directory: make it, or remove the file and"
                        + " run this again\n");
        assertThat(missing.code()).isEqualTo(111);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", " \n/var/spool\n", "/", "//\n", "var/spool", "/var/\0spool"})
    void spoolThatIsNoneIsToldWithTheRemedy(String content) throws IOException {
        Path file = Files.createDirectories(root.resolve("etc/relay-ctrl")).resolve("RELAY_CTRL_DIR");
        Files.writeString(file, content);
        Left left = setup();
        assertThat(left.code()).isEqualTo(111);
        assertThat(left.stderr())
                .startsWith("postern setup-recipe: warning: " + file + " says \"")
                .endsWith("\", which is no absolute path of a directory: write /var/qmail/relay-ctrl/spool into it, or"
                        + " remove it and run this again\n");
        assertThat(file).content().isEqualTo(content);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ten", "0", "-1", "600s", "99999999999999999999"})
    void expiryThatIsNoneIsToldWithTheRemedy(String value) throws IOException {
        Path file = Files.createDirectories(root.resolve("etc/relay-ctrl")).resolve("RELAY_CTRL_EXPIRY");
        Files.writeString(file, value + "\n");
        Left left = setup();
        assertThat(left.code()).isEqualTo(111);
        assertThat(left.stderr())
                .isEqualTo("postern setup-recipe: warning: " + file + " says \"" + value
                        + "\", which is no number of seconds: write one into it, such as 600, or remove it and run this"
                        + " again\n");
    }

    /** As a process, since Java has no umask: whatever root's is, qmaild must be able to read the control files. */
    @Test
    void whatIsMadeIsOpenWhateverTheUmask() throws Exception {
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "umask 077 && root=$0 && \"$@\" links --recipe --root \"$root\""
                                + " && exec \"$@\" setup-recipe --root \"$root\" --me mail.example.com",
                        root.toString(),
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "--enable-native-access=ALL-UNNAMED",
                        "org.postern.tool.Main",
                        "postern")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        for (String directory : List.of(
                "usr/local/bin",
                "var/qmail",
                "var/qmail/bin",
                "var/qmail/control",
                "etc",
                "etc/relay-ctrl",
                "etc/cron.d")) {
            assertThat(mode(directory)).as(directory).isEqualTo("rwxr-xr-x");
        }
        for (String file : List.of(
                "var/qmail/control/me",
                "var/qmail/control/rcpthosts",
                "var/qmail/control/locals",
                "etc/relay-ctrl/RELAY_CTRL_DIR",
                "etc/cron.d/relay-ctrl")) {
            assertThat(mode(file)).as(file).isEqualTo("rw-r--r--");
        }
    }

    @Test
    void whatIsClosedToQmaildIsWarnedOf() throws IOException {
        setup("--me", "mail.example.com");
        Files.setPosixFilePermissions(root.resolve("var/qmail"), PosixFilePermissions.fromString("rwx------"));
        Path me = root.resolve("var/qmail/control/me");
        Files.setPosixFilePermissions(me, PosixFilePermissions.fromString("rw-------"));
        assertThat(setup("--me", "mail.example.com").stderr().lines())
                .hasSize(2)
                .allMatch(line -> line.contains(
                        " is closed to other users, and qmail-smtpd reads the control files as" + " qmaild: chmod o+"))
                .anyMatch(line -> line.endsWith(": chmod o+r " + me))
                .anyMatch(line -> line.endsWith(": chmod o+x " + root.resolve("var/qmail")));
    }

    @Test
    void cronFileWithoutRelayCtrlAgeIsWarnedOf() throws IOException {
        Path cron = Files.createDirectories(root.resolve("etc/cron.d")).resolve("relay-ctrl");
        Files.writeString(cron, "# relay-ctrl-age was here\n");
        assertThat(setup().stderr()).contains("warning: " + cron + " runs no relay-ctrl-age: add the line: * * * * *");
        assertThat(cron).content().isEqualTo("# relay-ctrl-age was here\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--expiry 0", "--expiry -5", "--expiry ten", "--nonsense", "word"})
    void misuseIsToldAndMakesNothing(String line) throws IOException {
        Left left = setup(line.split(" ", -1));
        assertThat(left.code()).isEqualTo(100);
        assertThat(left.stderr()).isNotEmpty();
        assertThat(root).isEmptyDirectory();
    }
}
