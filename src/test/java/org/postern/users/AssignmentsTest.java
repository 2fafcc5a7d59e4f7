package org.postern.users;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.file.CdbWriter;
import org.postern.file.TestingCdb;

class AssignmentsTest {
    /** qmail-users(5)'s own kinds of lines, and the traps. */
    private static final String ASSIGN = """
            =joe.shmoe:joe:503:78:/home/joe:::
            +joe-:joe:503:78:/home/joe:-::
            +joe-list-:list:504:79:/home/list:-:l-:
            =joe-list-x:x:505:79:/home/x:-:exact:
            +bob+:bob:506:78:/home/bob:+::
            +ANN.:ann:507:78:alias:-:Pre-:
            =a%b:percent:508:78:/home/p:::
            +:alias:7790:2108:/var/qmail/alias:-::
            .
            =after:joe:503:78:/home/joe:::
            """;

    @TempDir
    private Path dir;

    private final List<String> warnings = new ArrayList<>();

    private Assignments compiled(String text) throws IOException {
        Path file = dir.resolve("cdb");
        try (CdbWriter writer = CdbWriter.create(file)) {
            AssignCompiler compiler = new AssignCompiler(writer, warnings::add);
            for (String line : text.split("\n", -1)) {
                if (compiler.add(line) instanceof AssignLine.End) {
                    break;
                }
            }
            writer.finish();
        }
        return new Assignments(file);
    }

    private static String said(Optional<Assignment> found) {
        return found.map(a -> a.user() + " " + a.uid() + " " + a.gid() + " " + a.home() + " .qmail" + a.dash()
                        + a.extension() + (a.exact() ? " exact" : ""))
                .orElse("none");
    }

    @ParameterizedTest
    @CsvSource({
        "joe.shmoe, joe 503 78 /home/joe .qmail exact",
        "JOE.Shmoe, joe 503 78 /home/joe .qmail exact",
        "joe-, joe 503 78 /home/joe .qmail-",
        "joe-Work-A, joe 503 78 /home/joe .qmail-Work-A",
        "joe-list-y, list 504 79 /home/list .qmail-l-y",
        "joe-list-x, x 505 79 /home/x .qmail-exact exact",
        "joe-list-x-y, list 504 79 /home/list .qmail-l-x-y",
        "joe-list, joe 503 78 /home/joe .qmail-list",
        "bob+a-b, bob 506 78 /home/bob .qmail+a-b",
        "ann.X, ann 507 78 alias .qmail-Pre-X",
        "a%b, percent 508 78 /home/p .qmail exact",
        "joe, alias 7790 2108 /var/qmail/alias .qmail-joe",
        "'', alias 7790 2108 /var/qmail/alias .qmail-",
        "after, alias 7790 2108 /var/qmail/alias .qmail-after",
    })
    void theExactAddressOrTheLongestWildcardCounts(String localPart, String expected) throws IOException {
        assertThat(said(compiled(ASSIGN).find(localPart))).isEqualTo(expected);
        assertThat(warnings).isEmpty();
    }

    @Test
    void aWildcardThatEndsInALetterIsTriedBehindThatLetter() throws IOException {
        Assignments assignments = compiled("+info:joe:1:1:/j:-::\n+JO:jo:2:2:/jo:-::\n.\n");
        assertThat(said(assignments.find("information"))).isEqualTo("joe 1 1 /j .qmail-rmation");
        assertThat(said(assignments.find("joe"))).isEqualTo("jo 2 2 /jo .qmail-e");
        assertThat(said(assignments.find("inf"))).isEqualTo("none");
    }

    @Test
    void nothingIsAssignedWithoutAFile() throws IOException {
        assertThat(new Assignments(dir.resolve("none")).find("joe")).isEmpty();
    }

    @Test
    void aNewFileCountsAtOnce() throws IOException {
        Assignments assignments = compiled("=joe:joe:1:1:/old:::\n.\n");
        assertThat(assignments.find("joe").orElseThrow().home()).isEqualTo("/old");
        compiled("=joe:joe:1:1:/new:::\n.\n");
        assertThat(assignments.find("joe").orElseThrow().home()).isEqualTo("/new");
    }

    @Test
    void anyCutOfTheFileIsAnErrorThatNamesItAndTheRemedy() throws IOException {
        Path file = compiled(ASSIGN).file();
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length += 7) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> new Assignments(file).find("joe"))
                    .hasMessageStartingWith("Trouble reading " + file + ": protocol error")
                    .hasMessageEndingWith("; make it again with qmail-newu. (#4.3.0)");
        }
    }

    @Test
    void aCdbThatQmailNewuDidNotMakeIsRefused() throws IOException {
        Path file = TestingCdb.write(dir.resolve("x"), List.of(new TestingCdb.Entry("!joe\0", "joe\0" + "1\0")));
        assertThatThrownBy(() -> new Assignments(file).find("joe"))
                .hasMessageContaining("it has no table of wildcards");
        TestingCdb.write(file, List.of(new TestingCdb.Entry("!joe\0", "joe\0" + "1\0"), new TestingCdb.Entry("", "")));
        assertThatThrownBy(() -> new Assignments(file).find("joe")).hasMessageContaining("3 fields instead of 6");
    }

    @Test
    void aFileThatEveryoneMayWriteToIsRefused() throws IOException {
        Assignments assignments = compiled(ASSIGN);
        Files.setPosixFilePermissions(assignments.file(), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThatThrownBy(() -> assignments.find("joe")).hasMessageContaining("chmod o-w it");
    }

    @Test
    void anIdThatIsNoNumberIsNobodys() throws IOException {
        Assignments assignments = compiled("=joe:joe:joe:1:/j:::\n=ann:ann:1:4294967296:/a:::\n.\n");
        assertThatThrownBy(() -> assignments.find("joe")).hasMessageContaining("the uid joe is no number");
        assertThatThrownBy(() -> assignments.find("ann")).hasMessageContaining("the gid 4294967296 is no number");
        assertThat(warnings)
                .containsExactly(
                        "line 1: =joe: the uid joe is no number, so mail for it has to wait",
                        "line 2: =ann: the gid 4294967296 is no number, so mail for it has to wait");
    }

    @Test
    void linesThatDoNotDoWhatTheyLookLikeAreWarnedOf() throws IOException {
        Assignments assignments = compiled("""
                =joe:joe:1:1:/first:::
                #=ann:ann:1:1:/a:::
                =JOE:joe:1:1:/second:::
                =root:root:0:0:/root:::
                +joe:joe:1:1:/wild:::
                .
                """);
        assertThat(warnings)
                .containsExactly(
                        "line 2: #=ann: it begins with neither = nor + and is taken for =; there are no comments, so"
                                + " delete it",
                        "line 3: =JOE: it never counts, since line 1 has its address; delete one",
                        "line 4: =root: uid 0 gets no mail, so it has to wait; name another user");
        assertThat(assignments.find("joe").orElseThrow().home()).isEqualTo("/first");
        assertThat(assignments.find("=ann")).isPresent();
    }

    @ParameterizedTest
    @CsvSource({
        "'', the line is empty",
        "=joe, 'it has 0 colons; wanted are 7: =local:user:uid:gid:homedir:dash:ext:'",
        "=joe:joe:1:1:/j::, 'it has 6 colons; wanted are 7: =local:user:uid:gid:homedir:dash:ext:'",
        ":joe:1:1:/j::, it begins with a colon",
    })
    void whatIsNoAssignmentIsRefusedWithTheReason(String line, String why) {
        assertThat(AssignLine.parse(line)).isEqualTo(new AssignLine.Malformed(why));
    }

    @Test
    void aNulIsRefused() {
        assertThat(AssignLine.parse("=a\0:joe:1:1:/j:::"))
                .isEqualTo(new AssignLine.Malformed("there is a NUL octet in it"));
    }

    @Test
    void whatFollowsTheLastColonDoesNotCount() {
        assertThat(AssignLine.parse("=joe:u:1:2:/h:-:e:more:and more"))
                .isEqualTo(new AssignLine.Assigns('=', "joe", "u\0" + "1\0" + "2\0/h\0-\0e"));
    }
}
