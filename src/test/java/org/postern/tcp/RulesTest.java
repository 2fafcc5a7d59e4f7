package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.CdbWriter;
import org.postern.file.TestingCdb;
import org.postern.os.Errno;

class RulesTest {
    @TempDir
    private Path dir;

    private Path compile(String... lines) throws IOException {
        Path file = dir.resolve("rules.cdb");
        try (CdbWriter writer = CdbWriter.create(file)) {
            RuleCompiler compiler = new RuleCompiler(writer, warning -> {});
            for (String line : lines) {
                assertThat(compiler.add(line)).isNotInstanceOf(RuleLine.Unparsable.class);
            }
            writer.finish();
        }
        return file;
    }

    private static Verdict check(Path cdb, String ip, @Nullable String host, @Nullable String info) throws IOException {
        try (Rules rules = Rules.open(cdb)) {
            return rules.check(ip, host, info);
        }
    }

    @Test
    void theRulesOfTheManualPageAreFollowed() throws IOException {
        Path cdb = compile(
                "joe@127.0.0.1:allow,R=\"first\"",
                "18.23.0.32:allow,R=\"second\"",
                ":allow,R=\"third\"",
                "127.:allow,R=\"fourth\"");
        assertThat(check(cdb, "10.119.75.38", null, null)).isEqualTo(allow("", "third"));
        assertThat(check(cdb, "18.23.0.32", null, null)).isEqualTo(allow("18.23.0.32", "second"));
        assertThat(check(cdb, "127.0.0.1", null, "bill")).isEqualTo(allow("127.", "fourth"));
        assertThat(check(cdb, "127.0.0.1", null, "joe")).isEqualTo(allow("joe@127.0.0.1", "first"));
    }

    private static Verdict allow(String rule, String value) {
        return new Verdict.Allow(rule, Map.of("R", value));
    }

    @Test
    void noRuleAllows() throws IOException {
        assertThat(check(compile("10.:deny"), "11.1.1.1", null, null)).isEqualTo(Verdict.DEFAULT);
    }

    @Test
    void aDenyDeniesWhateverStandsBehindIt() throws IOException {
        assertThat(check(compile("10.:deny,A=\"b\""), "10.1.1.1", null, null)).isEqualTo(new Verdict.Deny("10."));
    }

    @Test
    void theLastOfTwoValuesOfAVariableCounts() throws IOException {
        assertThat(check(compile("10.:allow,R=\"a\",R=/b/"), "10.1.1.1", null, null))
                .isEqualTo(allow("10.", "b"));
    }

    @Test
    void theFirstOfTwoRulesForAnAddressCounts() throws IOException {
        assertThat(check(compile(":allow", ":deny"), "1.1.1.1", null, null)).isEqualTo(new Verdict.Allow("", Map.of()));
    }

    @Test
    void instructionsOfALaterTcpserverArePassedOver() throws IOException {
        Path cdb = TestingCdb.write(
                dir.resolve("r"), List.of(new TestingCdb.Entry("", "Xyz\0\0+R=1\0+NOEQUALS\0Dunfinished")));
        assertThat(check(cdb, "1.1.1.1", null, null)).isEqualTo(allow("", "1"));
    }

    @Test
    void anIpv6RuleMatchesHoweverItsZerosAreWritten() throws IOException {
        Path cdb = compile("2001:db8:0::deny", "2001:db8:1::5:allow,R=\"five\"", ":allow");
        // 2001:db8:0: as written in full; the address itself is written 2001:db8::1.
        assertThat(check(cdb, "2001:db8::1", null, null)).isEqualTo(new Verdict.Deny("2001:db8:0:"));
        assertThat(check(cdb, "2001:db8:1::5", null, null)).isEqualTo(allow("2001:db8:1::5", "five"));
        assertThat(check(cdb, "2001:db8:1:0:0:0:0:5", null, null)).isEqualTo(allow("2001:db8:1::5", "five"));
        assertThat(check(cdb, "2001:db9::1", null, null)).isEqualTo(new Verdict.Allow("", Map.of()));
    }

    @Test
    void aMissingFileIsToldInTheWordsOfTheOriginal() {
        assertThatThrownBy(() -> Rules.open(dir.resolve("none")))
                .isInstanceOfSatisfying(
                        IOException.class, e -> assertThat(Errno.djbText(e)).isEqualTo("file does not exist"));
    }

    @Test
    void aFileCutShortNeverAllows() throws IOException {
        byte[] whole = Files.readAllBytes(compile("10.:allow", ":deny"));
        Path cut = dir.resolve("cut");
        for (int length = 0; length < whole.length; length++) {
            Files.write(cut, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> check(cut, "1.1.1.1", null, null)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void newRulesCountFromTheNextOpeningOn() throws IOException {
        Path cdb = compile(":deny");
        try (Rules before = Rules.open(cdb)) {
            Files.move(cdb, dir.resolve("aside"));
            compile(":allow");
            assertThat(before.check("1.1.1.1", null, null)).isInstanceOf(Verdict.Deny.class);
        }
        assertThat(check(cdb, "1.1.1.1", null, null)).isInstanceOf(Verdict.Allow.class);
    }
}
