package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.os.Octets;

class MaildirmakeCommandTest {
    @TempDir
    Path directory;

    @Test
    void withoutNameItSaysItsUsage() throws IOException {
        TestingCall call = TestingCall.stdin("");
        assertThat(call.run(new Maildirmake(), "maildirmake")).isEqualTo(Tool.Exit.code(100));
        assertThat(call.stderr()).isEqualTo("maildirmake: usage: maildirmake name\n");
    }

    @Test
    void makesTheFourDirectoriesForTheOwnerAlone() throws IOException {
        TestingCall call = TestingCall.stdin("").cwd(directory);
        assertThat(call.run(new Maildirmake(), "maildirmake", "Mail\u00e9")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stdout() + call.stderr()).isEmpty();
        for (String part : List.of("", "/tmp", "/new", "/cur")) {
            Path made = directory.resolve(Octets.path("Mail\u00e9" + part));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void whatExistsIsNotTouched() throws IOException {
        Files.createDirectory(directory.resolve("Maildir"));
        TestingCall call = TestingCall.stdin("").cwd(directory);
        assertThat(call.run(new Maildirmake(), "maildirmake", "Maildir")).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr()).isEqualTo("maildirmake: fatal: unable to mkdir Maildir: file already exists\n");
        assertThat(directory.resolve("Maildir")).isEmptyDirectory();
    }

    @Test
    void missingParentIsNotMade() throws IOException {
        for (String name : List.of("a/b", "")) {
            TestingCall call = TestingCall.stdin("").cwd(directory);
            assertThat(call.run(new Maildirmake(), "maildirmake", name)).isEqualTo(Tool.Exit.code(111));
            assertThat(call.stderr())
                    .isEqualTo("maildirmake: fatal: unable to mkdir " + name + ": file does not exist\n");
        }
    }
}
