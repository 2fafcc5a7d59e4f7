package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.file.CdbWriter;
import org.postern.file.TestingCdb;

/** Design table 12: a line that can never match is told, with the remedy; nothing else is. */
class RuleWarningsTest {
    @TempDir
    private Path dir;

    private List<String> warnings(String... lines) throws IOException {
        List<String> warnings = new ArrayList<>();
        try (CdbWriter writer = CdbWriter.create(dir.resolve("rules.tmp"))) {
            RuleCompiler compiler = new RuleCompiler(writer, warnings::add);
            for (String line : lines) {
                compiler.add(line);
            }
            writer.finish();
        }
        return warnings;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "10.0.0.1 | write address:allow",
                "10.0.0.0/8:deny | write 10.",
                "10/8:deny | write 10.",
                "10.1/16:deny | write 10.1.",
                "192.168.4.0/22:deny | write 192.168.4-7.",
                "172.16.0.0/12:deny | write 172.16-31.",
                "10.0.0.128/25:deny | write 10.0.0.128-255",
                "10.0.0.1/32:deny | write 10.0.0.1",
                "0.0.0.0/0:deny | write nothing before the colon",
                "10.0.0.0/255.0.0.0:deny | write a prefix ending in a dot",
                "10.0.0.9-3:deny | smaller number first",
                "256-300:deny | up to 255",
                "10.0.0.250-300:deny | correct 250-300",
                "300.1.2.3:deny | correct 300",
                "1.2.3.1000:deny | correct 1000",
                "010.1.2.3:deny | write 010 without zeros",
                "` 10.:deny` | blank beside its address",
                "`10. :deny` | blank beside its address",
                "10:deny | prefix ending in a dot",
                "10.1.2:deny | prefix ending in a dot",
                "10.1.2.3.:deny | write four numbers",
                "10.1.2.3.4:deny | write four numbers",
                ".:deny | write four numbers",
                "10..1:deny | write four numbers",
                "10.1-5:deny | prefix ending in a dot",
                "10.0.0.4-6.:deny | write four numbers",
                "example.com:deny | write =example.com for a host",
                "*.example.com:deny | neither an IP address nor =host",
                "=*.example.com:deny | write =.example.com",
                "=Example.COM:deny | write =example.com",
                "=example.com.:deny | write =example.com",
                "=exa mple:deny | no host has such a name",
                "joe@10.:deny | write it in full",
                "joe@:deny | write it in full",
                "joe@=:deny | write it in full",
                "joe@=.example.com:deny | write it in full",
                "joe@=H.com:deny | write =h.com",
                "joe@300.1.1.1:deny | correct 300",
                "joe@2001:db8::deny | write it in full",
                "::ffff:1.2.3.4:deny | write that",
                "2001:DB8::1:deny | 2001:db8::1; write that",
                "2001:0db8::1:deny | 2001:db8::1; write that",
                "2001:db8:0::0:1:deny | 2001:db8::1; write that",
                "2001:DB8::deny | prefix ending in a colon",
                "2001:0db8::deny | prefix ending in a colon",
                "1:2:3:4:5:6:7:8::deny | prefix ending in a colon",
            })
    void theseCanNeverDoWhatTheySay(String line, String remedy) throws IOException {
        assertThat(warnings("", line))
                .singleElement()
                .asString()
                .startsWith("line 2 ")
                .contains(": " + line + ": ")
                .contains(remedy);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":deny",
                "=:deny",
                "10.:deny",
                "10.1.:deny",
                "10.1.2.:deny",
                "10.1.2.3:deny",
                "0.0.0.0:deny",
                "10.1.2.0-255:deny",
                "10.1-3.:deny",
                "=example.com:deny",
                "=.example.com:deny",
                "=a_b-c.example.com:deny",
                "=com:deny",
                "joe@10.1.2.3:deny",
                "@10.1.2.3:deny",
                "a@b@10.1.2.3:deny",
                "joe@=h.example.com:deny",
                "joe@2001:db8:::deny",
                "2001:db8::1:deny",
                "2001:db8::deny",
                "2001:db8:0:1::deny",
                "2001:db8:::deny",
                "2001:db8::1::deny",
                "2001:db8:0:0:0:0:0:1:deny",
                "2001:db8::1:2:3:4:5:deny",
                "::1:deny",
                "::deny",
                ":::deny",
                "127.:allow,RELAYCLIENT=\"\"",
                ":deny,RELAYCLIENT=\"\"",
                ":allow,QMAILQUEUE=\"/x\"",
                "# :allow,RELAYCLIENT=\"\"",
                "  # an indented comment",
            })
    void theseAreFine(String line) throws IOException {
        assertThat(warnings(line)).isEmpty();
    }

    @Test
    void anEarlierRuleForTheSameAddressWins() throws IOException {
        assertThat(warnings("10.0.0.1-5:allow", "10.0.0.3:deny"))
                .containsExactly("line 2 never matches: 10.0.0.3:deny: an earlier line has its address, and the first"
                        + " wins; delete one");
        // The usual way to make an exception of one.
        assertThat(warnings("10.0.0.3:allow", "10.0.0.1-5:deny")).isEmpty();
        assertThat(warnings(":allow", ":deny")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {":allow,RELAYCLIENT=\"\"", ":allow,A=\"1\",RELAYCLIENT=/x/", "=:allow,RELAYCLIENT=\"\""})
    void anOpenRelayIsTold(String line) throws IOException {
        assertThat(warnings(line)).singleElement().asString().startsWith("line 1 makes an open relay: " + line);
    }

    @Test
    void aWarningIsOneLineOfBoundedLength() throws IOException {
        assertThat(warnings("a\u0007b\0".repeat(1000)))
                .singleElement()
                .asString()
                .hasSizeLessThan(400)
                .doesNotContain("\u0007", "\0")
                .startsWith("line 1 is skipped: a?b?");
    }

    @Test
    void aLoneCarriageReturnIsNoBlankLine() throws IOException {
        assertThat(warnings("\r\n")).singleElement().asString().startsWith("line 1 is skipped: ?: it has no colon");
    }

    @Test
    void warningsChangeNothing() throws IOException {
        warnings("10.0.0.0/8:deny", ":allow,RELAYCLIENT=\"\"", "=H:deny", "10.0.0.0/8:allow");
        assertThat(TestingCdb.entries(dir.resolve("rules.tmp")))
                .extracting("key")
                .containsExactly("10.0.0.0/8", "", "=H", "10.0.0.0/8");
    }
}
