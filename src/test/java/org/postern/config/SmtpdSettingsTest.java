package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.chain.Env;
import org.postern.file.TestingCdb;

class SmtpdSettingsTest {
    private static final List<TestingCdb.Entry> MORE = List.of(new TestingCdb.Entry("more.example.com", ""));

    @TempDir
    private Path control;

    @BeforeEach
    void aHostHasAName() throws IOException {
        put("me", "hoge.example.com\n");
    }

    private void put(String name, String content) throws IOException {
        Files.writeString(control.resolve(name), content);
    }

    private SmtpdSettings read(String... env) throws IOException {
        return SmtpdSettings.read(new QmailControl(control)).in(Env.of(List.of(env)));
    }

    @Test
    void theDefaultsAreQmailsAndOurLimits() throws IOException {
        SmtpdSettings settings = read();
        assertThat(settings.smtpgreeting()).isEqualTo("hoge.example.com");
        assertThat(settings.localiphost()).contains("hoge.example.com");
        assertThat(settings.rcpthosts().missing()).isTrue();
        assertThat(settings.rcpthosts().names()).isEmpty();
        assertThat(settings.badmailfrom()).isEmpty();
        assertThat(settings.databytes()).isZero();
        assertThat(settings.timeoutsmtpd()).isEqualTo(Duration.ofSeconds(1200));
        assertThat(settings.maxcommand()).isEqualTo(2048);
        assertThat(settings.maxline()).isEqualTo(1_048_576);
        assertThat(settings.maxrecipients()).isEqualTo(1000);
        assertThat(settings.dsn()).isFalse();
        assertThat(settings.maxbadcommands()).isEqualTo(100);
    }

    @Test
    void everyFileSetsItsComponent() throws IOException {
        put("smtpgreeting", "mail.example.org hello \n");
        put("localiphost", "ip.example.org\n");
        put("rcpthosts", "# ours\nHoge.example.com\n\n.sub.example.com\n");
        put("badmailfrom", "Spam@b.example\n@EVIL.example\n");
        put("databytes", "1000000\n");
        put("timeoutsmtpd", "60\n");
        put("maxcommand", "4096\n");
        put("maxline", "2000\n");
        put("maxrecipients", "500\n");
        put("dsn", "1\n");
        put("maxbadcommands", "7\n");
        SmtpdSettings settings = read();
        assertThat(settings.smtpgreeting()).isEqualTo("mail.example.org hello");
        assertThat(settings.localiphost()).contains("ip.example.org");
        assertThat(settings.rcpthosts().names()).isEqualTo(Set.of("hoge.example.com", ".sub.example.com"));
        assertThat(settings.rcpthosts().missing()).isFalse();
        assertThat(settings.badmailfrom()).isEqualTo(Set.of("spam@b.example", "@evil.example"));
        assertThat(settings.databytes()).isEqualTo(1_000_000);
        assertThat(settings.timeoutsmtpd()).isEqualTo(Duration.ofSeconds(60));
        assertThat(settings.maxcommand()).isEqualTo(4096);
        assertThat(settings.maxline()).isEqualTo(2000);
        assertThat(settings.maxrecipients()).isEqualTo(500);
        assertThat(settings.dsn()).isTrue();
        assertThat(settings.in(Env.empty().with("QMAILQUEUE", "bin/qq")).dsn()).isFalse();
        assertThat(settings.maxbadcommands()).isEqualTo(7);
    }

    @Test
    void theEnvironmentsDatabytesOverridesTheFile() throws IOException {
        put("databytes", "100\n");
        assertThat(read().databytes()).isEqualTo(100);
        assertThat(read("DATABYTES=0").databytes()).isZero();
        assertThat(read("DATABYTES=10x").databytes()).isEqualTo(10);
        assertThat(read("DATABYTES=").databytes()).isZero();
        assertThat(read("DATABYTES=99999999999999999999").databytes()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aFileThatHoldsNoNumberIsAsIfMissing() throws IOException {
        put("timeoutsmtpd", "soon\n");
        put("databytes", "\n");
        assertThat(read().timeoutsmtpd()).isEqualTo(Duration.ofSeconds(1200));
        assertThat(read().databytes()).isZero();
    }

    @Test
    void aTimeoutOfNothingIsOneSecond() throws IOException {
        put("timeoutsmtpd", "0\n");
        assertThat(read().timeoutsmtpd()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void noLimitIsBelowWhatRfc5321Demands() throws IOException {
        for (String name : List.of("maxcommand", "maxline", "maxrecipients", "maxbadcommands")) {
            put(name, "0\n");
        }
        SmtpdSettings settings = read();
        assertThat(settings.maxcommand()).isEqualTo(512);
        assertThat(settings.maxline()).isEqualTo(998);
        assertThat(settings.maxrecipients()).isEqualTo(100);
        assertThat(settings.maxbadcommands()).isEqualTo(1);
    }

    @Test
    void withoutANameThereAreNoSettings() throws IOException {
        Files.delete(control.resolve("me"));
        assertThatThrownBy(this::read).isInstanceOf(IOException.class).hasMessageContaining(control + "/me");
    }

    @Test
    void aGreetingMakesUpForTheName() throws IOException {
        Files.delete(control.resolve("me"));
        put("smtpgreeting", "hello\n");
        assertThat(read().smtpgreeting()).isEqualTo("hello");
        assertThat(read().localiphost()).isEqualTo(Optional.empty());
    }

    @Test
    void aFileThatCannotBeReadIsNamed() throws IOException {
        for (String name : List.of("rcpthosts", "badmailfrom", "timeoutsmtpd")) {
            Files.createDirectory(control.resolve(name));
            assertThatThrownBy(this::read)
                    .isInstanceOfSatisfying(
                            FileSystemException.class,
                            e -> assertThat(e.getFile()).endsWith("/" + name));
            Files.delete(control.resolve(name));
        }
    }

    @Test
    void rcpthostsListsHostsAndWhatLiesBelowADomain() throws IOException {
        RcptHosts hosts = RcptHosts.of("Hoge.example.com", ".sub.example.com");
        assertThat(hosts.allows("HOGE.example.com")).isTrue();
        assertThat(hosts.allows("a.hoge.example.com")).isFalse();
        assertThat(hosts.allows("sub.example.com")).isFalse();
        assertThat(hosts.allows("a.b.sub.example.com")).isTrue();
        assertThat(hosts.allows("asub.example.com")).isFalse();
        assertThat(hosts.allows("")).isFalse();
        assertThat(hosts.allows("hoge.example.com.")).isFalse();
    }

    @Test
    void morercpthostsAddsNames() throws IOException {
        put("rcpthosts", "hoge.example.com\n");
        List<TestingCdb.Entry> names = java.util.stream.IntStream.range(0, 2000)
                .mapToObj(i -> new TestingCdb.Entry((i % 2 == 0 ? "h" : ".d") + i + ".example", ""))
                .toList();
        TestingCdb.write(control.resolve("morercpthosts.cdb"), names);
        RcptHosts hosts = read().rcpthosts();
        for (int i = 0; i < 2000; i++) {
            assertThat(hosts.allows(i % 2 == 0 ? "H" + i + ".Example" : "x.d" + i + ".example"))
                    .isTrue();
        }
        assertThat(hosts.allows("h1.example")).isFalse();
        assertThat(hosts.allows("hoge.example.com")).isTrue();
    }

    @Test
    void morercpthostsWithoutRcpthostsCountsForNothing() throws IOException {
        TestingCdb.write(control.resolve("morercpthosts.cdb"), MORE);
        assertThat(read().rcpthosts().allows("more.example.com")).isFalse();
    }

    @Test
    void anyCutOfMorercpthostsIsAnErrorThatNamesIt() throws IOException {
        put("rcpthosts", "\n");
        Path cdb = TestingCdb.write(control.resolve("morercpthosts.cdb"), MORE);
        byte[] whole = Files.readAllBytes(cdb);
        for (int length = 0; length < whole.length; length += 7) {
            Files.write(cdb, java.util.Arrays.copyOf(whole, length));
            RcptHosts hosts = read().rcpthosts();
            assertThatThrownBy(() -> hosts.allows("more.example.com")).hasMessageContaining("morercpthosts.cdb");
        }
    }
}
