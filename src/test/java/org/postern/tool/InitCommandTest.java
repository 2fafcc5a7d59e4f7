package org.postern.tool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.Env;
import org.postern.config.PosternToml;
import org.postern.config.RouteLogin;
import org.postern.config.Runner;
import org.postern.config.Settings;
import org.postern.config.SettingsException;
import org.postern.config.SmtpRoute;
import org.postern.config.TestingCertificates;
import org.postern.config.TlsFiles;
import org.postern.os.ThisProcess;
import picocli.CommandLine;

/** postern init: by options, by questions, and what it refuses. */
class InitCommandTest {
    private static final String[] ALL = {
        "--yes", "--me", "gate.example", "--domain", "example", "--user", "joe", "--smarthost", "192.0.2.1:2525"
    };

    @TempDir
    Path directory;

    private final List<String> heard = new ArrayList<>();

    /** As root the Maildir is made with another user's rights. */
    @BeforeEach
    void everybodyMayPass() throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    }

    private Runner runner() {
        return new Runner(false, Env.of(List.of("HOME=" + directory)));
    }

    private Path file() {
        return directory.resolve(".config/postern/postern.toml");
    }

    private Path state() {
        return directory.resolve(".local/state/postern");
    }

    private int init(Optional<Asking.Person> person, String... options) throws IOException, SettingsException {
        Init init = new Init(runner(), ThisProcess.identity(), Path.of("./postern"));
        CommandLine.ParseResult _ = new CommandLine(init).parseArgs(options);
        return init.run(
                new Asking(person, Arrays.asList(options).contains("--yes")),
                new PrintStream(OutputStream.nullOutputStream()));
    }

    private TestingCommand.Left postern(String... options) throws IOException {
        List<String> line = new ArrayList<>(List.of("init", "--config", file().toString()));
        line.addAll(List.of(options));
        return TestingCommand.postern(
                Path.of("postern"), Env.of(List.of("HOME=" + directory)), line.toArray(String[]::new));
    }

    private Settings written() throws SettingsException {
        return PosternToml.read(file(), runner()).settings();
    }

    /** Answers in their order; hears what is told. */
    private Asking.Person answering(String... answers) {
        Deque<String> left = new ArrayDeque<>(List.of(answers));
        return new Asking.Person() {
            @Override
            public void hear(String line) {
                heard.add(line);
            }

            @Override
            public @Nullable String answer(String question) {
                heard.add(question);
                return left.poll();
            }

            @Override
            public @Nullable String secret(String question) {
                heard.add(question);
                return left.poll();
            }
        };
    }

    @Test
    void optionsMakeTheSettingsTheAccountAndTheMaildir() throws Exception {
        assertThat(init(Optional.empty(), ALL)).isZero();
        Settings settings = written();
        assertThat(settings.me()).isEqualTo("gate.example");
        assertThat(settings.home()).isEqualTo(state());
        assertThat(settings.send().locals()).containsExactly("example", "gate.example");
        assertThat(settings.smtpd().rcpthosts()).containsExactly("example", "gate.example");
        assertThat(settings.send().smtproutes()).containsExactly(new SmtpRoute("", "192.0.2.1", 2525));
        assertThat(settings.pop3d().listen().all())
                .allMatch(each -> each.address().isLoopback());
        assertThat(state().resolve("mail/joe/Maildir/new")).isDirectory();
        assertThat(Files.readString(state().resolve("users")))
                .containsPattern("(?m)^joe:\\{PLAIN}[a-z2-9]{14}:[0-9]*:[0-9]*::" + state() + "/mail/joe:$")
                .containsPattern("(?m)^postmaster::");
        for (Path each : List.of(file(), state().resolve("users"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                    .isEqualTo("rw-------");
        }
        try (var files = Files.list(file().getParent())) {
            assertThat(files).containsExactly(file());
        }
    }

    @Test
    void whatToTypeNextIsSaid() throws Exception {
        TestingCommand.Left left = postern(
                "--yes",
                "--me",
                "gate.example",
                "--user",
                "joe",
                "--users",
                directory + "/u",
                "--home",
                directory + "/s",
                "--pop3d-listen",
                "127.0.0.1:8110",
                "--smtpd-listen",
                "127.0.0.1:8025");
        assertThat(left.code()).as(left.stderr()).isZero();
        assertThat(left.stdout())
                .contains(
                        "made    " + file() + "\n",
                        "    postern serve",
                        "The user is joe, the password that was made for it ")
                .contains("curl -sS --url pop3://127.0.0.1:8110/ --user joe:", " --url smtp://127.0.0.1:8025 ");
    }

    @Test
    void nothingIsOverwritten() throws Exception {
        assertThat(init(Optional.empty(), ALL)).isZero();
        String settings = Files.readString(file());
        String users = Files.readString(state().resolve("users"));
        TestingCommand.Left again = postern(ALL);
        assertThat(again.code()).isEqualTo(100);
        assertThat(again.stderr()).contains(file() + " is there already, and stays as it is");
        Files.delete(file());
        TestingCommand.Left withUser = postern(
                "--yes",
                "--me",
                "gate.example",
                "--user",
                "ann",
                "--users",
                state().resolve("users").toString(),
                "--home",
                state().toString());
        assertThat(withUser.code()).isEqualTo(100);
        assertThat(withUser.stderr()).contains(state().resolve("users") + " is there already: leave --user away");
        assertThat(file()).doesNotExist();
        assertThat(init(Optional.empty(), "--yes", "--me", "gate.example")).isZero();
        assertThat(Files.readString(file())).isNotEqualTo(settings);
        assertThat(Files.readString(state().resolve("users"))).isEqualTo(users);
    }

    @Test
    void withoutATerminalWhatIsMissingIsNamed() throws Exception {
        TestingCommand.Left left = postern("--me", "gate.example");
        assertThat(left.code()).isEqualTo(100);
        assertThat(left.stderr())
                .contains("not known, and nobody at a terminal to ask: --domain, --certificate, --pop3d-listen,")
                .contains("say these, or --yes for the defaults");
        assertThat(file()).doesNotExist();
    }

    @Test
    void wrongOptionsAreToldAtOnceAndNothingIsWritten() throws Exception {
        TestingCommand.Left left = postern(
                "--yes",
                "--me",
                "two words",
                "--smtpd-listen",
                "25",
                "--certificate",
                "/nowhere.pem",
                "--key",
                "/nowhere.key",
                "--user",
                "joe");
        assertThat(left.code()).isEqualTo(100);
        assertThat(left.stderr())
                .contains(
                        "postern init: me: \"two words\" is no domain",
                        "postern init: smtpd.listen: \"25\" is no address to listen on",
                        "postern init: tls.certificate: /nowhere.pem: there is no such file",
                        "nothing was written");
        assertThat(directory.resolve(".config")).doesNotExist();
        assertThat(directory.resolve(".local")).doesNotExist();
        TestingCommand.Left open =
                postern("--yes", "--me", "gate.example", "--user", "joe", "--pop3d-listen", "0.0.0.0:110");
        assertThat(open.stderr()).contains("pop3d.listen: passwords would travel in clear to 0.0.0.0:110");
    }

    @Test
    void aPersonIsAskedAndCorrected() throws Exception {
        Asking.Person person = answering(
                "gate example", // me: wrong
                "gate.example.com",
                "", // domains: gate.example.com
                "none", // certificate
                "yes", // passwords in clear
                "192.0.2.10", // POP3: wrong
                "192.0.2.10:8110",
                "",
                "smart.example:587",
                "scanner",
                "ge:heim", // its password
                "", // accounts
                "joe",
                "pass:word");
        assertThat(init(Optional.of(person))).isZero();
        assertThat(heard)
                .contains("This host's name: ", "Domains whose mail is delivered here [gate.example.com]: ")
                .contains("  \"gate example\" is no domain; write one such as \"example.com\"")
                .contains("  \"192.0.2.10\" is no address to listen on; write address:port, as \"127.0.0.1:110\" or"
                        + " \"[::1]:110\"");
        Settings settings = written();
        assertThat(settings.pop3d().clearPassword()).isTrue();
        assertThat(settings.pop3d().listen().clear()).hasToString("[192.0.2.10:8110]");
        assertThat(settings.smtpd().listen().clear()).hasToString("[0.0.0.0:8025]");
        SmtpRoute route = settings.send().smtproutes().getFirst();
        assertThat(route.host()).isEqualTo("smart.example");
        assertThat(((RouteLogin.Password) route.login().orElseThrow())
                        .password()
                        .read())
                .isEqualTo("ge:heim");
        assertThat(Files.readString(state().resolve("users"))).contains("joe:{PLAIN.B64}cGFzczp3b3Jk:");
    }

    @Test
    void aHashIsKeptWhereThatIsWanted() throws Exception {
        Path password = Files.writeString(directory.resolve("password"), "secret\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        assertThat(init(
                        Optional.empty(),
                        "--yes",
                        "--me",
                        "gate.example",
                        "--user",
                        "joe",
                        "--hash",
                        "--user-password-file",
                        password.toString()))
                .isZero();
        assertThat(Files.readString(state().resolve("users")))
                .contains("joe:{CRYPT}$")
                .doesNotContain("secret");
    }

    @Test
    void aCertificateOpensTheListenersUnderTls() throws Exception {
        TlsFiles files = TestingCertificates.make(directory, "mx", TestingCertificates.EC, "gate.example");
        assertThat(init(
                        Optional.empty(),
                        "--yes",
                        "--me",
                        "gate.example",
                        "--user",
                        "joe",
                        "--certificate",
                        files.certificate().toString(),
                        "--key",
                        files.key().toString()))
                .isZero();
        Settings settings = written();
        assertThat(settings.tls()).containsExactly(files);
        assertThat(settings.pop3d().clearPassword()).isFalse();
        assertThat(settings.pop3d().listen()).hasToString("Listen[clear=[0.0.0.0:8110], tls=[0.0.0.0:8995]]");
    }
}
