package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.file.OctetLines;
import org.postern.file.TestingCdb;
import org.postern.os.Octets;

class QmailNewuCommandTest {
    @TempDir
    private Path home;

    private Path users;
    private TestingCall call = TestingCall.stdin("");

    @BeforeEach
    void users() throws IOException {
        users = Files.createDirectory(home.resolve("users"));
    }

    private Tool.Exit newu(String assign) throws IOException {
        Files.write(users.resolve("assign"), Octets.bytes(assign));
        return newu();
    }

    private Tool.Exit newu() throws IOException {
        call = TestingCall.stdin("").env("QMAILHOME", home.toString());
        return call.run(new QmailNewu(Disk.real()), "qmail-newu");
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(users)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private void assertFails(Tool.Exit exit, String message) throws IOException {
        assertThat(exit).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr()).startsWith("qmail-newu: fatal: " + message).hasLineCount(1);
        assertThat(call.stdout()).isEmpty();
        assertThat(files()).allMatch(name -> name.equals("assign") || name.equals("cdb"));
    }

    @Test
    void theCdbIsAsTheOriginalWritesIt() throws IOException {
        assertThat(
                        newu(
                                "=Joe:joe:503:78:/home/joe:::\n+Joe-:joe:503:78:/home/joe:-::\n+x:x:1:1:/x:-:p:z\n+:a:2:3::::\n."))
                .isEqualTo(Tool.Exit.code(0));
        assertThat(TestingCdb.entries(users.resolve("cdb")))
                .containsExactly(
                        new TestingCdb.Entry("!joe\0", "joe\000503\00078\0/home/joe\0\0"),
                        new TestingCdb.Entry("!joe-", "joe\000503\00078\0/home/joe\0-\0"),
                        new TestingCdb.Entry("!x", "x\0001\0001\0/x\0-\0p"),
                        new TestingCdb.Entry("!", "a\0002\0003\0\0\0"),
                        new TestingCdb.Entry("", "-x"));
        assertThat(call.stderr() + call.stdout()).isEmpty();
        assertThat(files()).containsExactly("assign", "cdb");
        // Whatever the umask: qmail-smtpd runs as another user.
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(users.resolve("cdb"))))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void aDotAloneAssignsNothing() throws IOException {
        assertThat(newu(".\n")).isEqualTo(Tool.Exit.code(0));
        assertThat(TestingCdb.entries(users.resolve("cdb"))).containsExactly(new TestingCdb.Entry("", ""));
    }

    @Test
    void linesBelowTheDotDoNotCount() throws IOException {
        assertThat(newu(".\nnonsense\n")).isEqualTo(Tool.Exit.code(0));
    }

    @Test
    void aBadLineLeavesTheOldAssignments() throws IOException {
        newu("=joe:joe:503:78:/home/joe:::\n.\n");
        byte[] before = Files.readAllBytes(users.resolve("cdb"));
        assertFails(
                newu("=ann:ann:1:1:/a:::\n=joe:joe:503\n.\n"),
                "bad format in " + users + "/assign: line 2: it has 2 colons; wanted are 7: ");
        assertThat(users.resolve("cdb")).hasBinaryContent(before);
    }

    @Test
    void theDotMustBeThere() throws IOException {
        String missing = "bad format in " + users + "/assign: the line with a dot that ends it is missing";
        assertFails(newu(""), missing);
        assertFails(newu("=ann:ann:1:1:/a:::\n"), missing);
        assertFails(newu("=ann:ann:1:1:/a:::"), missing);
    }

    @Test
    void aLineThatDoesNotDoWhatItLooksLikeIsWarnedOf() throws IOException {
        assertThat(newu("=root:root:0:0:/root:::\n.\n")).isEqualTo(Tool.Exit.code(0));
        assertThat(call.stderr())
                .isEqualTo("qmail-newu: warning: " + users + "/assign: line 1: =root: uid 0 gets no mail, so it has to"
                        + " wait; name another user\n");
    }

    @Test
    void noAssignments() throws IOException {
        assertFails(newu(), "unable to open " + users + "/assign: file does not exist\n");
    }

    @Test
    void aDirectoryInAssignsPlace() throws IOException {
        Files.createDirectory(users.resolve("assign"));
        assertFails(newu(), "unable to read " + users + "/assign: is a directory\n");
    }

    @Test
    void aDirectoryInTheCdbsPlace() throws IOException {
        Files.createDirectory(users.resolve("cdb"));
        assertFails(newu(".\n"), "unable to move " + users + "/cdb.tmp-");
        assertThat(call.stderr()).endsWith(" to " + users + "/cdb: is a directory\n");
    }

    @Test
    void aLineWithoutEndIsNotKeptInMemory() throws IOException {
        assertFails(
                newu("=".repeat(OctetLines.LONGEST + 1)),
                "unable to read " + users + "/assign: line 1 has more than 1048576 octets\n");
    }
}
