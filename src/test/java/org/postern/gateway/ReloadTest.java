package org.postern.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.PosternToml;
import org.postern.config.TestingRunner;

/** What is said of settings that were changed. */
class ReloadTest {
    private static final String TEXT = """
            me = "gate.example"
            home = "/h"
            pop3d.listen = "127.0.0.1:110"
            smtpd.listen = "127.0.0.1:25"
            smtpd.databytes = 1000
            """;

    @TempDir
    Path directory;

    private PosternToml toml(String text) throws Exception {
        return PosternToml.read(Files.writeString(directory.resolve("postern.toml"), text), TestingRunner.ROOT);
    }

    @Test
    void nothingChanged() throws Exception {
        PosternToml same = toml(TEXT);
        assertThat(Reload.between(same, same, toml("# a word\n" + TEXT)).lines())
                .containsExactly("no setting to take up");
    }

    @Test
    void whatIsTakenUpAndWhatTakesARestart() throws Exception {
        PosternToml now = toml(TEXT);
        String text = TEXT.replace("1000", "2000").replace("127.0.0.1:25", "127.0.0.1:26")
                + "[[send.route]]\nhost = \"smart.example\"\n";
        assertThat(Reload.between(now, now, toml(text)).lines())
                .containsExactly(
                        "taken up: smtpd.databytes, send.route[1]",
                        "needs a restart: smtpd.listen, since listeners are opened at the start");
        assertThat(Reload.between(toml(text), toml(text), now).changed())
                .containsExactly("smtpd.databytes", "send.route[1]");
    }

    @Test
    void whatTakesARestartIsSaidUntilThere() throws Exception {
        PosternToml started = toml(TEXT);
        PosternToml file = toml(TEXT.replace("127.0.0.1:25", "127.0.0.1:26"));
        assertThat(Reload.between(started, file, file).lines())
                .containsExactly(
                        "no setting to take up",
                        "needs a restart: smtpd.listen, since listeners are opened at the start");
    }
}
