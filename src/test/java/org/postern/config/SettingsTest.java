package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is known of each setting: its description, its value, and where that comes from. */
class SettingsTest {
    private static final String LEAST = """
            me = "mail.example.com"
            pop3d.listen = "127.0.0.1:110"
            smtpd.listen = "127.0.0.1:25"
            """;

    @TempDir
    Path directory;

    private List<Setting> read(String text, Runner runner) throws Exception {
        return PosternToml.read(file(text), runner).each();
    }

    private Path file(String text) throws Exception {
        Path file = Files.writeString(directory.resolve("postern.toml"), text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    }

    private static String shown(List<Setting> settings, String key) {
        return settings.stream()
                .filter(setting -> setting.key().equals(key))
                .map(setting -> setting.shown() + " # " + setting.whence())
                .reduce("", String::concat);
    }

    @Test
    void eachSettingIsDescribedOnceWithItsKindAndMeaning() {
        List<Description> known = PosternToml.known(TestingRunner.ROOT);
        assertThat(known).extracting(Description::key).doesNotHaveDuplicates().contains("me", "send.route.host");
        assertThat(known).allSatisfy(each -> {
            assertThat(each.meaning()).as(each.key()).endsWith(".");
            assertThat(each.kind()).as(each.key()).isNotEmpty();
            assertThat(each.example()).as(each.key()).isNotEmpty();
        });
    }

    @Test
    void aValueSaysWhereItComesFrom() throws Exception {
        List<Setting> settings = read(LEAST + "[relay]\nexpiry = 60\n", TestingRunner.ROOT);
        String file = directory.resolve("postern.toml").toString();
        assertThat(shown(settings, "me")).isEqualTo("\"mail.example.com\" # " + file + ":1");
        assertThat(shown(settings, "relay.expiry")).isEqualTo("60 # " + file + ":5");
        assertThat(shown(settings, "smtpd.rcpthosts")).isEqualTo("[\"mail.example.com\"] # default");
        assertThat(shown(settings, "send.smtproutes")).isEqualTo(" # default");
        assertThat(shown(settings, "home")).isEqualTo("\"/var/lib/postern\" # default");
        assertThat(shown(settings, "users.file")).isEqualTo("\"/etc/postern/users\" # default");
    }

    @Test
    void anOrdinaryUserHasHisStateInHisHome() throws Exception {
        Settings settings = PosternToml.read(file(LEAST), TestingRunner.user("HOME=/home/joe"))
                .settings();
        assertThat(settings.home()).hasToString("/home/joe/.local/state/postern");
        assertThat(settings.users().file()).hasToString("/home/joe/.local/state/postern/users");
        assertThat(shown(read(LEAST, TestingRunner.user("HOME=/home/joe", "XDG_STATE_HOME=/s")), "home"))
                .isEqualTo("\"/s/postern\" # default");
        assertThat(shown(read("home = \"/h\"\n" + LEAST, TestingRunner.user("HOME=/home/joe")), "users.file"))
                .isEqualTo("\"/h/users\" # default");
        assertThat(problems(LEAST, TestingRunner.user()))
                .extracting(Problem::key)
                .containsExactly("home", "users.file");
    }

    private static final String ROUTE = "[[send.route]]\nhost = \"smart.example\"\nuser = \"u\"\n";

    private static Secret password(Settings settings) {
        RouteLogin login = settings.send().smtproutes().getFirst().login().orElseThrow();
        return ((RouteLogin.Password) login).password();
    }

    @Test
    void aSecretComesFromTheEnvironmentAndIsNotShown() throws Exception {
        Runner runner = new Runner(true, TestingRunner.user("SMART=geheim").env());
        String text = LEAST + ROUTE + "password_env = \"SMART\"\n";
        PosternToml toml = PosternToml.read(file(text), runner);
        assertThat(password(toml.settings()).read()).isEqualTo("geheim");
        assertThat(shown(toml.each(), "send.route[1].password")).isEqualTo("******** # environment, SMART");
        assertThat(toml.toString()).doesNotContain("geheim");
        assertThat(problems(text, TestingRunner.ROOT))
                .singleElement()
                .asString()
                .contains(":7: send.route.password_env: is \"SMART\", and the environment has no such variable");
    }

    @Test
    void aSecretInTheFileItselfNeedsAFileThatOthersCannotRead() throws Exception {
        String text = LEAST + ROUTE + "password = \"geheim\"\n";
        PosternToml toml = PosternToml.read(file(text), TestingRunner.ROOT);
        assertThat(password(toml.settings()).read()).isEqualTo("geheim");
        assertThat(shown(toml.each(), "send.route[1].password")).startsWith("******** # ");
        assertThat(toml.toString()).doesNotContain("geheim");
        for (String mode : List.of("rw-r--r--", "rw-rw----")) {
            Files.setPosixFilePermissions(directory.resolve("postern.toml"), PosixFilePermissions.fromString(mode));
            assertThat(problemsOf(directory.resolve("postern.toml"), TestingRunner.ROOT))
                    .singleElement()
                    .asString()
                    .contains(":7: send.route.password: stands in a file that others can read or change: chmod 600")
                    .doesNotContain("geheim");
        }
    }

    @Test
    void aSecretIsGivenInOneWay() throws Exception {
        assertThat(problems(
                        LEAST + ROUTE + "password = \"x\"\npassword_env = \"P\"\n",
                        new Runner(true, TestingRunner.user("P=x").env())))
                .singleElement()
                .asString()
                .contains(":7: send.route.password: does not go with password_env: remove one of them");
        assertThat(problems(LEAST + "[[send.route]]\npassword = \"x\"\n", TestingRunner.ROOT))
                .singleElement()
                .asString()
                .contains("send.route.password: is of no use without user");
        assertThat(problems(LEAST + ROUTE, TestingRunner.ROOT))
                .singleElement()
                .asString()
                .contains("send.route.password_file: is missing: user needs it");
    }

    private List<Problem> problems(String text, Runner runner) throws Exception {
        return problemsOf(file(text), runner);
    }

    private static List<Problem> problemsOf(Path file, Runner runner) {
        try {
            PosternToml _ = PosternToml.read(file, runner);
            return List.of();
        } catch (SettingsException e) {
            return e.problems();
        }
    }
}
