package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.Env;
import org.postern.tool.TestingCommand.Left;

/** postern check-config and show-config. */
class ConfigCommandTest {
    private static final String GOOD = """
            me = "gate.example"
            home = "/h"
            pop3d.listen = "127.0.0.1:110"
            smtpd.listen = "127.0.0.1:25"
            users.file = "/u"
            """;

    @TempDir
    Path directory;

    private Left run(String command, String text, String... arguments) throws IOException {
        Files.writeString(file(), text);
        List<String> line = new java.util.ArrayList<>(List.of(command, "--config", file().toString()));
        line.addAll(List.of(arguments));
        return TestingCommand.postern(directory, Env.of(List.of("SMART=geheim")), line.toArray(String[]::new));
    }

    private Path file() {
        return directory.resolve("postern.toml");
    }

    @Test
    void aGoodFileIsOneLine() throws IOException {
        Left left = run("check-config", GOOD);
        assertThat(left.code()).isZero();
        assertThat(left.stdout()).isEqualTo(file() + ": good, 5 settings\n");
        assertThat(left.stderr()).isEmpty();
    }

    @Test
    void ofABadFileEachProblemIsALine() throws IOException {
        Left left = run("check-config", GOOD + "relay.expiry = 0\nsmtpd.rcpthost = \"a\"\n");
        assertThat(left.code()).isEqualTo(100);
        assertThat(left.stdout()).isEmpty();
        assertThat(left.stderr())
                .isEqualTo(file() + ":6: relay.expiry: is 0; give a whole number from 1 to 604800\n" + file()
                        + ":7: smtpd.rcpthost: is a text, an unknown setting; did you mean smtpd.rcpthosts?\n");
        Left shown = run("show-config", GOOD + "relay.expiry = 0\n");
        assertThat(shown.code()).isEqualTo(100);
        assertThat(shown.stderr()).contains(":6: relay.expiry: is 0");
    }

    @Test
    void aFileThatIsNotThereIsToldWithARemedy() throws IOException {
        Left left = TestingCommand.postern(directory, "check-config", "--config", "/nowhere/postern.toml");
        assertThat(left.code()).isEqualTo(100);
        assertThat(left.stderr())
                .isEqualTo(
                        "/nowhere/postern.toml: no such file: name another with --config, or make it by postern init\n");
    }

    @Test
    void eachSettingIsShownWithWhereItComesFrom() throws IOException {
        Left left = run(
                "show-config",
                GOOD + "[[send.route]]\nhost = \"smart.example\"\nuser = \"u\"\npassword_env = \"SMART\"\n");
        assertThat(left.code()).isZero();
        assertThat(left.stdout())
                .containsPattern("(?m)^me = \"gate.example\" +# " + file() + ":1$")
                .containsPattern("(?m)^smtpd.databytes = 52428800 +# default$")
                .containsPattern("(?m)^smtpd.rcpthosts = \\[\"gate.example\"] +# default: me$")
                .containsPattern("(?m)^#send.smtproutes +# default: by MX$")
                .containsPattern("(?m)^send.route\\[1].port +# default: 25; with user 587$".replace("^send", "^#send"))
                .containsPattern("(?m)^send.route\\[1].password = \\*{8} +# environment, SMART$")
                .doesNotContain("geheim");
    }

    @Test
    void forMachinesItIsJson() throws IOException {
        Left left = run("show-config", GOOD, "--json");
        assertThat(left.code()).isZero();
        assertThat(left.stdout().lines())
                .allMatch(line -> line.startsWith("{\"key\":\"") && line.endsWith("}"))
                .contains(
                        "{\"key\":\"relay.expiry\",\"value\":\"600\",\"from\":\"default\",\"default\":\"600\",\"kind\":"
                                + "\"seconds from 1 to 604800\",\"meaning\":\"How long after a POP login its address may relay.\","
                                + "\"restart\":\"\"}");
    }
}
