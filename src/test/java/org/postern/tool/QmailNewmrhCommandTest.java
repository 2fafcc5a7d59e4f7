package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.TestingCall;
import org.postern.chain.Tool;
import org.postern.config.QmailControl;
import org.postern.config.RcptHosts;
import org.postern.config.SmtpdSettings;
import org.postern.file.Disk;
import org.postern.file.TestingCdb;
import org.postern.os.Octets;

class QmailNewmrhCommandTest {
    @TempDir
    private Path home;

    private Path control;
    private TestingCall call = TestingCall.stdin("");

    @BeforeEach
    void control() throws IOException {
        control = Files.createDirectory(home.resolve("control"));
        Files.writeString(control.resolve("me"), "me.example\n");
        Files.writeString(control.resolve("rcpthosts"), "me.example\n");
    }

    private Tool.Exit newmrh(String text) throws IOException {
        Files.write(control.resolve("morercpthosts"), Octets.bytes(text));
        return newmrh();
    }

    private Tool.Exit newmrh() throws IOException {
        call = TestingCall.stdin("").env("QMAILHOME", home.toString());
        return call.run(new QmailNewmrh(Disk.real()), "qmail-newmrh");
    }

    private List<String> keys() throws IOException {
        return TestingCdb.entries(control.resolve("morercpthosts.cdb")).stream()
                .map(entry -> entry.key() + "|" + entry.value())
                .toList();
    }

    @Test
    void eachNameIsAKeyInLowerCase() throws IOException {
        assertThat(newmrh("One.Example\n\n#two.example\n.three.example \t\n \nfour.example"))
                .isEqualTo(Tool.Exit.code(0));
        assertThat(keys()).containsExactly("one.example|", ".three.example|", "four.example|");
        assertThat(call.stderr() + call.stdout()).isEmpty();
        try (Stream<Path> files = Files.list(control)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("me", "rcpthosts", "morercpthosts", "morercpthosts.cdb");
        }
    }

    @Test
    void qmailSmtpdTakesMailForThem() throws IOException {
        newmrh("one.example\n.three.example\n");
        RcptHosts hosts = SmtpdSettings.read(new QmailControl(control)).rcpthosts();
        assertThat(List.of("ONE.example", "a.three.example", "me.example")).allMatch(name -> allows(hosts, name));
        assertThat(List.of("a.one.example", "three.example", "")).noneMatch(name -> allows(hosts, name));
        // Made again, it counts at once.
        newmrh("two.example\n");
        assertThat(allows(hosts, "one.example")).isFalse();
        assertThat(allows(hosts, "two.example")).isTrue();
    }

    private static boolean allows(RcptHosts hosts, String name) {
        try {
            return hosts.allows(name);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void noNamesAreNoNames() throws IOException {
        assertThat(newmrh("")).isEqualTo(Tool.Exit.code(0));
        assertThat(keys()).isEmpty();
    }

    @Test
    void linesThatNeverMatchAreWarnedOf() throws IOException {
        assertThat(newmrh("ok.example\n@at.example\n blank.example\n*.star.example\n"))
                .isEqualTo(Tool.Exit.code(0));
        assertThat(call.stderr().lines())
                .hasSize(3)
                .first()
                .isEqualTo("qmail-newmrh: warning: " + control + "/morercpthosts: line 2: @at.example never matches:"
                        + " write one domain a line, example.com, or .example.com for all below it");
        assertThat(keys()).hasSize(4);
    }

    @Test
    void noFile() throws IOException {
        assertThat(newmrh()).isEqualTo(Tool.Exit.code(111));
        assertThat(call.stderr())
                .isEqualTo("qmail-newmrh: fatal: unable to open " + control + "/morercpthosts: file does not exist\n");
    }
}
