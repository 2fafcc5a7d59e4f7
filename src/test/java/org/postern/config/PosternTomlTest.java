package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.os.Octets;

class PosternTomlTest {
    private static final String LEAST = """
            me = "mail.example.com"
            home = "/var/lib/postern"
            pop3d.listen = "127.0.0.1:110"
            smtpd.listen = "127.0.0.1:25"
            users.file = "/etc/postern/users"
            """;

    @TempDir
    Path directory;

    @Test
    void leastFileHasTheDocumentedDefaults() throws Exception {
        Settings settings = read(LEAST);
        assertThat(settings.smtpd().rcpthosts()).containsExactly("mail.example.com");
        assertThat(settings.smtpd().databytes()).isEqualTo(52_428_800);
        assertThat(settings.relay().expiry()).isEqualTo(Duration.ofSeconds(600));
        assertThat(settings.send().locals()).containsExactly("mail.example.com");
        assertThat(settings.send()).isEqualTo(new Settings.Send(List.of("mail.example.com"), List.of(), DkimKeys.NONE));
        assertThat(settings.send().concurrencylocal()).isEqualTo(10);
        assertThat(settings.send().concurrencyremote()).isEqualTo(20);
        assertThat(settings.send().queuelifetime()).isEqualTo(Duration.ofDays(7));
        assertThat(settings.send().destination()).isEqualTo(DestinationLimit.NONE);
    }

    @Test
    void everyKeySetsItsComponent() throws Exception {
        Settings settings = read("""
                me = "m.example"
                home = "/h"
                user = "postern"
                group = "mail"
                [pop3d]
                listen = ["192.0.2.1:110", "[2001:db8::1]:0"]
                clear_password = true
                [smtpd]
                listen = "0.0.0.0:25"
                rcpthosts = ["a.example", ".b.example"]
                databytes = 0
                dsn = false
                auth = true
                clear_password = true
                [submission]
                listen = "127.0.0.1:587"
                senders = "domains"
                [relay]
                expiry = 60
                [users]
                file = "/u"
                [send]
                locals = []
                smtproutes = ["n.example:192.0.2.1:2525", ":smart.example"]
                delaynotify = 14400
                concurrencylocal = 0
                concurrencyremote = 2000
                queuelifetime = 3600
                [send.destination]
                connections = 3
                messages_per_hour = 500
                """);
        assertThat(settings)
                .isEqualTo(new Settings(
                        "m.example",
                        Path.of("/h"),
                        Optional.of("postern"),
                        Optional.of("mail"),
                        List.of(),
                        new Settings.Pop3d(
                                new Settings.Listen(List.of(
                                        HostPort.parse("192.0.2.1:110").orElseThrow(),
                                        HostPort.parse("[2001:db8::1]:0").orElseThrow())),
                                true),
                        new Settings.Smtpd(
                                new Settings.Listen(
                                        List.of(HostPort.parse("0.0.0.0:25").orElseThrow())),
                                List.of("a.example", ".b.example"),
                                0,
                                false,
                                true,
                                true),
                        new Settings.Submission(
                                new Settings.Listen(
                                        List.of(HostPort.parse("127.0.0.1:587").orElseThrow())),
                                true,
                                Settings.Submission.Senders.DOMAINS),
                        new Settings.Relay(Duration.ofSeconds(60)),
                        new Settings.Users(Path.of("/u")),
                        new Settings.Send(
                                List.of(),
                                List.of(
                                        new SmtpRoute("n.example", "192.0.2.1", 2525),
                                        new SmtpRoute("", "smart.example", 25)),
                                Duration.ofHours(4),
                                DkimKeys.NONE,
                                0,
                                2000,
                                Duration.ofHours(1),
                                new DestinationLimit(3, 500))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"me", "pop3d.listen", "smtpd.listen"})
    void whatIsNeededAndMissingIsTold(String key) throws IOException {
        String without = LEAST.lines().filter(l -> !l.startsWith(key + " ")).reduce("", (a, b) -> a + b + "\n");
        assertThat(problems(without)).singleElement().satisfies(p -> {
            assertThat(p.key()).isEqualTo(key);
            assertThat(p.line()).isZero();
            assertThat(p.what())
                    .startsWith("is missing; write, for example, " + key.replaceFirst(".*\\.", "") + " = \"");
        });
    }

    /** The line is the sixth, behind the five that are needed. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            smtpd.rcpthosts = 3                | is 3; give a text or a list of texts, as ["a", "b"]
            smtpd.rcpthosts = ["a", true]      | element 2 is true, not a text; put it in quotes
            smtpd.rcpthosts = "joe@a.example"  | "joe@a.example" is no domain; write one such as "example.com"
            smtpd.rcpthosts = ""               | "" is no domain; write one such as "example.com"
            smtpd.rcpthosts = [".COM", ".lan"]  | ".COM" is every domain below COM, and whoever connects could send there through this host: name your own domains
            smtpd.databytes = -1               | is -1; give a whole number of at least 0
            smtpd.databytes = 1.5              | is 1.5; give a whole number of at least 0
            relay.expiry = "600"               | is "600"; give a whole number from 1 to 604800
            relay.expiry = 604801              | is 604801; give a whole number from 1 to 604800
            relay.expiry = {}                  | is {}; give a whole number from 1 to 604800
            send.concurrencyremote = 2001      | is 2001; give a whole number from 0 to 2000
            send.destination.connections = 2001 | is 2001; give a whole number from 0 to 2000
            send.locals = ["a b"]              | "a b" is no domain; write one such as "example.com"
            send.smtproutes = ["a:b:c"]        | "a:b:c": the port is no number: write domain:host:port with a port of 1 to 65535
            """)
    void wrongValueIsToldWithItsLineAndARemedy(String line, String what) throws IOException {
        assertThat(problems(LEAST + line + "\n"))
                .containsExactly(new Problem(file().toString(), 6, line.substring(0, line.indexOf(' ')), what));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            smtpd.rcpthost = "a"    | smtpd.rcpthost  | did you mean smtpd.rcpthosts?
            smptd.rcpthosts = "a"   | smptd.rcpthosts | did you mean smtpd.rcpthosts?
            relay.expiry.x = 1      | relay.expiry.x  | did you mean relay.expiry?
            Me = "a"                | Me              | did you mean me?
            "me " = "a"             | "me "           | did you mean me?
            colour = "red"          | colour          | the known ones: group, home, me, pop3d.
            [[tsl]]                 | tsl             | did you mean tls?
            [send.destinations]     | send.destinations | did you mean send.destination?
            """)
    void unknownKeyIsToldWithTheNearestKnownOne(String line, String key, String remedy) throws IOException {
        assertThat(problems(LEAST + line + "\n")).anySatisfy(p -> {
            assertThat(p.line()).isEqualTo(6);
            assertThat(p.key()).isEqualTo(key);
            assertThat(p.what())
                    // Not a text itself: it may be a password whose name is misspelt.
                    .startsWith("is " + (line.contains("\"a\"") || line.contains("red") ? "a text" : ""))
                    .contains(", an unknown setting; " + remedy);
        });
    }

    @Test
    void passwordsInClearNeedAWordWhereOthersCanConnect() throws Exception {
        String open = LEAST.replace("127.0.0.1:110", "192.0.2.1:110");
        assertThat(problems(open)).singleElement().satisfies(p -> {
            assertThat(p.key()).isEqualTo("pop3d.listen");
            assertThat(p.what())
                    .startsWith("passwords would travel in clear to 192.0.2.1:110: add [[tls]] with a certificate");
        });
        assertThat(read(open + "pop3d.clear_password = true\n").pop3d().clearPassword())
                .isTrue();
        assertThat(read(LEAST).pop3d().clearPassword()).isTrue();
        for (String none : List.of("", "tls = []\n")) {
            assertThat(problems(none + open + "pop3d.clear_password = false\n"))
                    .extracting(Problem::key)
                    .containsExactlyInAnyOrder("pop3d.clear_password", "pop3d.listen");
        }
        assertThat(problems("tls = []\n" + open)).hasSize(1);
        assertThat(problems(LEAST + "pop3d.clear_password = 1\n"))
                .singleElement()
                .asString()
                .endsWith("pop3d.clear_password: is 1; write true or false");
    }

    @Test
    void usersLogInByAuthUnderTlsOrByAWordForIt() throws Exception {
        assertThat(read(LEAST).submission().listen().all()).isEmpty();
        assertThat(read(LEAST).smtpd().auth()).isFalse();
        assertThat(read(LEAST + "submission.listen = \"127.0.0.1:587\"\n")
                        .submission()
                        .clearPassword())
                .as("on loopback")
                .isTrue();
        String open = LEAST.replace("127.0.0.1:25", "192.0.2.1:25");
        assertThat(problems(open + "smtpd.auth = true\n"))
                .extracting(Problem::key)
                .containsExactly("smtpd.listen");
        assertThat(read(open + "smtpd.auth = true\nsmtpd.clear_password = true\n")
                        .smtpd()
                        .clearPassword())
                .isTrue();
        assertThat(problems(LEAST + "submission.listen = \"192.0.2.1:587\"\n"))
                .singleElement()
                .asString()
                .contains("submission.listen: passwords would travel in clear to 192.0.2.1:587")
                .endsWith("clear_password = true below [submission]");
        assertThat(problems(LEAST + "submission.listen_tls = \"192.0.2.1:465\"\n"))
                .extracting(Problem::key)
                .containsExactly("submission.listen_tls");
        assertThat(problems(LEAST + "submission.senders = \"everybody\"\n"))
                .singleElement()
                .asString()
                .endsWith("submission.senders: is \"everybody\"; write one of own, domains, any");
    }

    @Test
    void certificatesAreReadWithTheFile() throws Exception {
        TlsFiles files = TestingCertificates.make(directory, "mx", TestingCertificates.EC, "mx.test");
        String tls = "[[tls]]\ncertificate = \"" + files.certificate() + "\"\nkey = \"" + files.key() + "\"\n";
        Settings settings = read(LEAST.replace("127.0.0.1:110", "192.0.2.1:110")
                + "pop3d.listen_tls = \"[::]:995\"\nsmtpd.listen_tls = \"0.0.0.0:465\"\n" + tls);
        assertThat(settings.tls()).containsExactly(files);
        assertThat(settings.pop3d().clearPassword()).isFalse();
        assertThat(settings.pop3d().listen().tls()).hasToString("[[::]:995]");
        assertThat(settings.smtpd().listen().all()).hasSize(2);
        assertThat(problems(LEAST + "[[tls]]\ncertificate = \"" + files.key() + "\"\nkey = \"k\"\nca = 1\n"))
                .extracting(p -> p.line() + " " + p.key() + " " + p.what().split("[;,]")[0])
                .containsExactlyInAnyOrder("8 tls.key is \"k\"", "9 tls.ca is 1");
        assertThat(problems(LEAST + tls.replace("mx.pem", "mx.key")))
                .singleElement()
                .asString()
                .contains(":7: tls.certificate: " + files.key() + ": it has no certificate in PEM");
        assertThat(problems(LEAST + "pop3d.listen_tls = \"[::]:995\"\n"))
                .singleElement()
                .asString()
                .contains("pop3d.listen_tls: needs a certificate: add [[tls]]");
    }

    @Test
    void ofALongValueTheBeginningIsShown() throws IOException {
        assertThat(problems(LEAST.replace("mail.example.com", "x y".repeat(1_000_000))))
                .satisfiesExactly(
                        p -> assertThat(p.toString()).contains("x yx y", "...").hasSizeLessThan(1000));
    }

    /** What is told goes into a log. */
    @Test
    void aPasswordInAWrongPlaceIsNotTold() throws IOException {
        for (String slip : List.of(
                "passwort = \"hunter2\"",
                "[send.route]\npassword = \"hunter2\"",
                "[[send.route]]\nhost = \"x\"\npasswort = \"hunter2\"",
                "[[send.route]]\nhost = \"x\"\npassword = [\"hunter2\"]",
                "[[send.route]]\nhost = \"x\"\npassword = hunter2")) {
            assertThat(problems(LEAST + slip + "\n"))
                    .isNotEmpty()
                    .noneSatisfy(p -> assertThat(p.toString()).contains("hunter2"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pop3d = 3", "[[pop3d]]\nlisten = \"127.0.0.1:110\"", "pop3d = []"})
    void tableThatIsNoneIsTold(String pop3d) throws IOException {
        String text = LEAST.replace("pop3d.listen = \"127.0.0.1:110\"\n", "") + pop3d + "\n";
        assertThat(problems(text)).anySatisfy(p -> {
            assertThat(p.key()).isEqualTo("pop3d");
            assertThat(p.what()).endsWith("; write it as a table: [pop3d] on a line of its own");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "localhost:110", "127.0.0.1:65536", "::1:110", "[127.0.0.1]:110", ":110", ""})
    void addressThatIsNoneIsTold(String address) throws IOException {
        assertThat(problems(LEAST.replace("127.0.0.1:110", address)))
                .containsExactly(new Problem(
                        file().toString(),
                        3,
                        "pop3d.listen",
                        "\"" + address + "\" is no address to listen on; write address:port, as \"127.0.0.1:110\" or"
                                + " \"[::1]:110\""));
    }

    @Test
    void noAddressAtAllIsTold() throws IOException {
        assertThat(problems(LEAST.replace("\"127.0.0.1:25\"", "[]")))
                .containsExactly(new Problem(
                        file().toString(),
                        4,
                        "smtpd.listen",
                        "is empty; write, for example, listen = \"127.0.0.1:25\""));
    }

    @Test
    void anEmptyTextIsToldAsSuch() {
        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> read(LEAST.replace("\"mail.example.com\"", "\"\"")))
                .withMessageContaining("is empty; write, for example, me = \"mail.example.com\"");
    }

    /** UTF-8, an octet a char, as all that they are compared with and written into. */
    @Test
    void textsAreOctets() throws Exception {
        Settings settings =
                read(LEAST.replace("mail.example.com", "m\u00e4il.example").replace("/var/lib/", "/v\u00e4r/")
                        + "smtpd.rcpthosts = \"\u4f8b.example\"\n");
        assertThat(settings.me()).isEqualTo("m\u00c3\u00a4il.example");
        assertThat(settings.send().locals()).containsExactly("m\u00c3\u00a4il.example");
        assertThat(settings.smtpd().rcpthosts()).containsExactly("\u00e4\u00be\u008b.example");
        assertThat(Octets.of(settings.home())).isEqualTo("/v\u00c3\u00a4r/postern");
    }

    @Test
    void nameThatWouldBreakAGreetingIsRefused() throws IOException {
        assertThat(problems(LEAST.replace("\"mail.example.com\"", "\"a\\r\\n250 b\"")))
                .containsExactly(new Problem(
                        file().toString(), 1, "me", "\"a??250 b\" is no domain; write one such as \"example.com\""));
    }

    @Test
    void faultyTomlIsToldWithItsLines() throws IOException {
        assertThat(problems("me = \"a\nhome == 3\n"))
                .isNotEmpty()
                .allSatisfy(p -> assertThat(p.what()).startsWith("not TOML: ").doesNotContain("\n"))
                .extracting(Problem::line)
                .contains(1);
        assertThat(problems(LEAST + "me = \"twice\"\n"))
                .singleElement()
                .satisfies(p -> assertThat(p.line()).isEqualTo(6));
    }

    @Test
    void fileThatIsNotUtf8IsTold() throws IOException {
        Files.write(file(), new byte[] {'m', 'e', '=', '"', (byte) 0xe9, '"'});
        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> PosternToml.read(file(), TestingRunner.ROOT))
                .withMessage(file() + ": is not UTF-8: save it as UTF-8");
    }

    @Test
    void fileThatIsNotThereIsTold() {
        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> PosternToml.read(directory.resolve("none"), TestingRunner.ROOT))
                .withMessageStartingWith(directory.resolve("none") + ": no such file: ");
    }

    @Test
    void directoryIsNoFile() {
        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(() -> PosternToml.read(directory, TestingRunner.ROOT))
                .withMessage(directory + ": cannot be read: Is a directory");
    }

    private Path file() {
        return directory.resolve("postern.toml");
    }

    private Settings read(String text) throws IOException, SettingsException {
        return PosternToml.read(Files.writeString(file(), text), TestingRunner.ROOT)
                .settings();
    }

    private List<Problem> problems(String text) throws IOException {
        try {
            read(text);
            return List.of();
        } catch (SettingsException e) {
            return e.problems();
        }
    }
}
