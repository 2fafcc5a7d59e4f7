package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file that postern init writes. */
class CommentedTomlTest {
    private static final Map<String, String> ANSWERS =
            Map.of("me", "\"gate.example\"", "pop3d.listen", "\"127.0.0.1:110\"", "smtpd.listen", "\"127.0.0.1:25\"");

    @TempDir
    Path directory;

    private static String written(Map<String, String> answers) {
        return CommentedToml.write(PosternToml.known(TestingRunner.ROOT), answers);
    }

    private PosternToml read(String text) throws Exception {
        return PosternToml.read(Files.writeString(directory.resolve("postern.toml"), text), TestingRunner.ROOT);
    }

    @Test
    void whatIsAnsweredIsSetAndNothingElse() throws Exception {
        assertThat(read(written(ANSWERS)).each().stream().filter(Setting::isSet))
                .extracting(Setting::key)
                .containsExactlyInAnyOrderElementsOf(ANSWERS.keySet());
    }

    @Test
    void everySettingStandsInItWithItsMeaning() {
        String text = written(ANSWERS);
        assertThat(PosternToml.known(TestingRunner.ROOT))
                .allSatisfy(each -> assertThat(text).containsPattern("(?m)^#?" + each.name() + " = "));
        assertThat(text)
                .contains(
                        "# How long after a POP login its address may relay. Seconds from 1 to 604800. Default: 600.\n");
        assertThat(text.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(140));
    }

    /** A default that the file shows is the default: taking the # away changes nothing. */
    @Test
    void whatItShowsAsDefaultIsTheDefault() throws Exception {
        PosternToml plain = read(written(ANSWERS));
        StringBuilder uncommented = new StringBuilder(written(ANSWERS));
        for (Setting each : plain.each()) {
            Description description = each.description();
            if (!each.isSet() && !each.value().isEmpty() && each.value().equals(description.otherwise())) {
                String header = description.section().header();
                int section = header.isEmpty() ? 0 : uncommented.indexOf("\n" + header + "\n");
                int line = uncommented.indexOf("\n#" + description.name() + " = ", section);
                uncommented.deleteCharAt(line + 1);
            }
        }
        PosternToml told = read(uncommented.toString());
        assertThat(told.settings()).isEqualTo(plain.settings());
        assertThat(told.each().stream().filter(Setting::isSet)).hasSizeGreaterThan(8);
    }

    @Test
    void aTableOfAnArrayIsWrittenWhereItWasAnswered() throws Exception {
        String text = written(Map.of(
                "me", "\"gate.example\"",
                "pop3d.listen", "\"127.0.0.1:110\"",
                "smtpd.listen", "\"127.0.0.1:25\"",
                "send.route.host", "\"192.0.2.1\""));
        assertThat(text).contains("\n[[send.route]]\n", "\n#[[send.dkim]]\n", "\n#[[tls]]\n");
        assertThat(read(text).settings().send().smtproutes()).isEqualTo(List.of(new SmtpRoute("", "192.0.2.1", 25)));
    }
}
