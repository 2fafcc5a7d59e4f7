package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.file.Disk;
import org.postern.os.Octets;

/**
 * The cdbs of our qmail-newu and qmail-newmrh, and those of Debian's cdbmake (freecdb), octet for octet. Its records are made by
 * Perl, by what qmail-users(5) and qmail-newmrh(8) say. Random input from {@code -Dseed=}.
 */
class QmailCdbCompatIT {
    private static final long SEED = Long.getLong("seed", System.nanoTime());

    private static final String PRINT = """
            sub record { my ($k, $v) = @_; printf "+%d,%d:%s->%s\\n", length $k, length $v, $k, $v }
            """;

    private static final String ASSIGN = PRINT + """
            my $breaks = "";
            while (<>) {
                last if /^\\./;
                my ($address, @fields) = split /:/, $_, -1;
                my $wild = $address =~ /^\\+/;
                my $key = substr $address, 1;
                my $last = substr $key, -1;
                $breaks .= $last if $wild && $key ne "" && index($breaks, $last) < 0;
                $key =~ tr/A-Z/a-z/;
                record("!$key" . ($wild ? "" : "\\0"), join("\\0", @fields[0..5]));
            }
            record("", $breaks);
            print "\\n";
            """;

    private static final String NAMES = PRINT + """
            while (<>) {
                s/[ \\t\\n]+$//;
                next if $_ eq "" || /^#/;
                tr/A-Z/a-z/;
                record($_, "");
            }
            print "\\n";
            """;

    @TempDir
    private Path home;

    private byte[] theirs(String perl, String input) throws IOException {
        TestingOriginal records = TestingOriginal.run(home, Map.of(), input, "/usr/bin/perl", "-e", perl);
        assertThat(records.code()).as(records.stderr()).isZero();
        TestingOriginal made =
                TestingOriginal.run(home, Map.of(), records.stdout(), "/usr/bin/cdbmake", "their.cdb", "their.tmp");
        assertThat(made.code()).as(made.stderr()).isZero();
        return Files.readAllBytes(home.resolve("their.cdb"));
    }

    private byte[] ours(Tool tool, String source, String cdb, String input) throws IOException {
        Files.createDirectories(home.resolve(source).getParent());
        Files.write(home.resolve(source), Octets.bytes(input));
        TestingCall call = TestingCall.stdin("").env("QMAILHOME", home.toString());
        assertThat(call.run(tool, "x")).as(call.stderr()).isEqualTo(Tool.Exit.code(0));
        return Files.readAllBytes(home.resolve(cdb));
    }

    private void assertAssignedAlike(String assign) throws IOException {
        assertThat(ours(new QmailNewu(Disk.real()), "users/assign", "users/cdb", assign))
                .as("-Dseed=%d, %s", SEED, assign)
                .isEqualTo(theirs(ASSIGN, assign));
    }

    private void assertNamedAlike(String names) throws IOException {
        assertThat(ours(new QmailNewmrh(Disk.real()), "control/morercpthosts", "control/morercpthosts.cdb", names))
                .as("-Dseed=%d, %s", SEED, names)
                .isEqualTo(theirs(NAMES, names));
    }

    @Test
    void assignments() throws IOException {
        assertAssignedAlike(".\n");
        assertAssignedAlike(
                "=joe:joe:503:78:/home/joe:::\n+JOE-:joe:503:78:/home/joe:-:Pre:\n+:a:1:1:/a:-::more:\n.\nx\n");
        Random random = new Random(SEED);
        for (int round = 0; round < 20; round++) {
            StringBuilder assign = new StringBuilder();
            for (int lines = random.nextInt(400); lines > 0; lines--) {
                assign.append("=+#".charAt(random.nextInt(100) == 0 ? 2 : random.nextInt(2)))
                        .append(word(random, 8));
                for (int field = 0; field < 6; field++) {
                    assign.append(':').append(word(random, 6));
                }
                assign.append(":\n");
            }
            assertAssignedAlike(assign + ".\n");
        }
    }

    @Test
    void names() throws IOException {
        assertNamedAlike("");
        assertNamedAlike("Example.COM \n#no\n\t\n.below.example\t \nlast.example");
        Random random = new Random(SEED);
        for (int round = 0; round < 20; round++) {
            StringBuilder names = new StringBuilder();
            for (int lines = random.nextInt(2000); lines > 0; lines--) {
                names.append(word(random, 20))
                        .append(List.of("\n", " \n", "\t\n", "\n\n").get(random.nextInt(4)));
            }
            assertNamedAlike(names.toString());
        }
    }

    /** Octets of all kinds but those that the files give a meaning. */
    private static String word(Random random, int longest) {
        StringBuilder word = new StringBuilder();
        for (int length = random.nextInt(longest + 1); length > 0; length--) {
            int octet = random.nextInt(4) > 0 ? "abcABC-.+=".charAt(random.nextInt(10)) : 1 + random.nextInt(255);
            word.append(octet == ':' || octet == '\n' ? 'x' : (char) octet);
        }
        return word.toString();
    }
}
