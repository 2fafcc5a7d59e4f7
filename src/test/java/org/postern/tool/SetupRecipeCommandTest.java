package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.tool.TestingCommand.Left;

class SetupRecipeCommandTest {
    @TempDir
    Path root;

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
        assertThat(setup().stderr())
                .startsWith("postern setup-recipe: warning: RELAY_CTRL_DIR names /var/spool/relay-ctrl, and there is no"
                        + " such directory: ");
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
