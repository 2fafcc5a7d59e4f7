package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.TlsPolicy.Level;

class SendRouteTest {
    private static final String REST = """
            me = "mail.example.com"
            home = "/h"
            pop3d.listen = "127.0.0.1:110"
            smtpd.listen = "127.0.0.1:25"
            users.file = "/u"
            """;
    private static final int LINES_BEFORE = 5;

    @TempDir
    Path dir;

    private List<SmtpRoute> routes(String text) throws IOException, SettingsException {
        Path file = Files.writeString(dir.resolve("postern.toml"), REST + text);
        return PosternToml.read(file, TestingRunner.ROOT).settings().send().smtproutes();
    }

    private SmtpRoute route(String text) throws IOException, SettingsException {
        return routes("[[send.route]]\n" + text).getFirst();
    }

    private Path secret(String name, String mode) throws IOException {
        Path file = Files.writeString(dir.resolve(name), "geheim\nsecond line\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    /** What the one problem says behind {@code send.route.}, its line counted from [[send.route]] as 1. */
    private List<String> problems(String text) {
        try {
            return List.of("none: " + routes("[[send.route]]\n" + text));
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (SettingsException e) {
            return e.problems().stream()
                    .map(p -> p.line() - LINES_BEFORE + " " + p.key().replace("send.route.", "") + " " + p.what())
                    .toList();
        }
    }

    @Test
    void defaults() throws IOException, SettingsException {
        assertThat(route("")).isEqualTo(SmtpRoute.NONE);
        assertThat(route("domain = \"Example.COM\"\nhost = \"192.0.2.1\""))
                .isEqualTo(new SmtpRoute("example.com", "192.0.2.1", 25));
    }

    @Test
    void whatARouteDoesNotSayOfLimitsEachDestinationHas() throws IOException, SettingsException {
        String each = "[send.destination]\nconnections = 5\nmessages_per_hour = 1000\n";
        assertThat(routes(each + "[[send.route]]\n").getFirst().limit()).isEmpty();
        assertThat(routes(each + "[[send.route]]\nmessages_per_hour = 0\n")
                        .getFirst()
                        .limit())
                .contains(new DestinationLimit(5, 0));
        assertThat(route("connections = 3").limit()).contains(new DestinationLimit(3, 0));
        assertThat(problems("connections = -1"))
                .containsExactly("2 connections is -1; give a whole number from 0 to 2000");
    }

    @Test
    void withALoginThePortIs587AndTheCertificateIsChecked() throws IOException, SettingsException {
        Path password = secret("password", "rw-------");
        SmtpRoute route = route("host = \"smart.example\"\nuser = \"me\"\npassword_file = \"" + password + "\"\n");
        assertThat(route)
                .isEqualTo(new SmtpRoute(
                        "",
                        "smart.example",
                        587,
                        new TlsPolicy(Level.VERIFY, false, "", Optional.empty()),
                        Optional.of(
                                new RouteLogin.Password("me", new Secret.InFile(password), Optional.empty(), false)),
                        ""));
        assertThat(SecretFile.read(password)).isEqualTo("geheim");
    }

    @Test
    void aSecretIsReadThroughALinkAndFromAFileOfOneOwnerOnly() throws IOException {
        Path password = secret("password", "rw-------");
        assertThat(SecretFile.read(Files.createSymbolicLink(dir.resolve("link"), password)))
                .isEqualTo("geheim");
        assertThatThrownBy(() -> SecretFile.read(dir)).hasMessageStartingWith("it is no file");
        assertThatThrownBy(() -> SecretFile.read(dir.resolve("none"))).hasMessageStartingWith("there is no such file");
        Files.writeString(password, "x".repeat(70_000));
        assertThatThrownBy(() -> SecretFile.read(password)).hasMessageStartingWith("it has more than 65536 octets");
    }

    @Test
    void everyKeySetsItsComponent() throws IOException, SettingsException {
        Path password = secret("password", "rw-r-----");
        Path ca = Files.writeString(dir.resolve("ca"), "");
        assertThat(route("""
                domain = ".example.com"
                host = "[2001:db8::1]"
                port = 2525
                tls = "verify"
                implicit = true
                tls_name = "mx.example.com"
                ca_file = "%s"
                user = "us\u00e9r"
                password_file = "%s"
                auth = "cram-md5"
                clear_password = true
                sender = "scanner@example.com"
                """.formatted(ca, password)))
                .isEqualTo(new SmtpRoute(
                        ".example.com",
                        "2001:db8::1",
                        2525,
                        new TlsPolicy(Level.VERIFY, true, "mx.example.com", Optional.of(ca)),
                        Optional.of(new RouteLogin.Password(
                                "us\u00c3\u00a9r",
                                new Secret.InFile(password),
                                Optional.of(RouteLogin.Mechanism.CRAM_MD5),
                                true)),
                        "scanner@example.com"));
    }

    @Test
    void tokens() throws IOException, SettingsException {
        Path client = secret("client", "r--------");
        Path refresh = secret("refresh", "rw-------");
        Path ca = Files.writeString(dir.resolve("ca"), "");
        assertThat(route("""
                host = "smtp.office365.com"
                user = "scanner@example.com"
                token_url = "https://login.example/t/oauth2/v2.0/token"
                client_id = "abc"
                client_secret_file = "%s"
                refresh_token_file = "%s"
                scope = "https://outlook.office365.com/.default"
                token_ca_file = "%s"
                """.formatted(client, refresh, ca)).login())
                .contains(new RouteLogin.Token(
                        "scanner@example.com",
                        URI.create("https://login.example/t/oauth2/v2.0/token"),
                        "abc",
                        Optional.of(new Secret.InFile(client)),
                        Optional.of(refresh),
                        "https://outlook.office365.com/.default",
                        Optional.of(ca)));
    }

    @Test
    void port465IsImplicitTls() throws IOException, SettingsException {
        assertThat(route("host = \"h\"\nport = 465").tls())
                .isEqualTo(new TlsPolicy(Level.ENCRYPT, true, "", Optional.empty()));
        assertThat(route("host = \"h\"\nport = 465\nimplicit = false").tls()).isEqualTo(TlsPolicy.MAY);
        assertThat(problems("host = \"h\"\nport = 465\ntls = \"may\""))
                .singleElement()
                .asString()
                .startsWith("4 tls is \"may\" with implicit TLS");
    }

    @Test
    void aPolicyForADomainsExchangersNeedsNoHost() throws IOException, SettingsException {
        assertThat(route("domain = \"bank.example\"\ntls = \"verify\""))
                .isEqualTo(new SmtpRoute(
                        "bank.example",
                        "",
                        25,
                        new TlsPolicy(Level.VERIFY, false, "", Optional.empty()),
                        Optional.empty(),
                        ""));
        assertThat(problems("port = 26")).singleElement().asString().startsWith("2 port is 26 without a host");
        assertThat(problems("implicit = true")).singleElement().asString().contains("without a host");
    }

    @Test
    void aSecretThatOthersCanReadIsRefused() throws IOException {
        for (String mode : List.of("rw-r--r--", "rw----r--", "rw-rw----", "rw-----w-")) {
            Path file = secret("open" + mode, mode);
            assertThat(problems("host = \"h\"\nuser = \"u\"\npassword_file = \"" + file + "\""))
                    .singleElement()
                    .isEqualTo("4 password_file is \"" + file
                            + "\": others can read or change it: chmod 600 it, and change the secret if they did");
        }
        assertThat(problems("host = \"h\"\nuser = \"u\"\npassword_file = \"" + dir + "/none\""))
                .singleElement()
                .asString()
                .contains("there is no such file");
        Path empty = Files.writeString(dir.resolve("empty"), "\nx");
        Files.setPosixFilePermissions(empty, PosixFilePermissions.fromString("rw-------"));
        assertThat(problems("host = \"h\"\nuser = \"u\"\npassword_file = \"" + empty + "\""))
                .singleElement()
                .asString()
                .contains("its first line is empty");
    }

    @Test
    void aPasswordIsNotRiskedInClear() throws IOException, SettingsException {
        String login = "host = \"h\"\nuser = \"u\"\npassword_file = \"" + secret("p", "rw-------") + "\"\n";
        for (String tls : List.of("none", "may")) {
            assertThat(problems(login + "tls = \"" + tls + "\""))
                    .singleElement()
                    .asString()
                    .startsWith("5 tls is \"" + tls + "\" with a password, which could then go in clear");
            assertThat(route(login + "tls = \"" + tls + "\"\nauth = \"cram-md5\"")
                            .login())
                    .isPresent();
            assertThat(route(login + "tls = \"" + tls + "\"\nclear_password = true")
                            .login())
                    .isPresent();
        }
        String token = "host = \"h\"\nuser = \"u\"\nclient_id = \"c\"\nclient_secret_file = \"" + dir + "/p\"\n";
        assertThat(problems(token + "token_url = \"https://t/\"\ntls = \"may\""))
                .singleElement()
                .asString()
                .contains("a token must not go in clear");
        for (String url : List.of("http://login.example/", "https:///t", "ftp://x/", "", "x y", "http://localhost/")) {
            assertThat(problems(token + "token_url = \"" + url + "\""))
                    .singleElement()
                    .asString()
                    .startsWith("6 token_url is \"" + url + "\"");
        }
        assertThat(route(token + "token_url = \"http://127.0.0.1:8080/t\"").login())
                .isPresent();
    }

    @Test
    void allProblemsAtOnceEachWithItsLine() {
        assertThat(problems("""
                domain = "a@b"
                host = "smart.example:587"
                port = 70000
                tls = "yes"
                hots = "x"
                sender = "me"
                auth = "plain"
                """))
                .satisfiesExactlyInAnyOrder(
                        p -> assertThat(p).startsWith("2 domain is \"a@b\"; write "),
                        p -> assertThat(p).startsWith("3 host is \"smart.example:587\"; write "),
                        p -> assertThat(p).startsWith("4 port is 70000; give a whole number from 1 to 65535"),
                        p -> assertThat(p).startsWith("5 tls is \"yes\"; write one of none, may, encrypt, verify"),
                        p -> assertThat(p).startsWith("6 hots is a text, an unknown setting; did you mean host?"),
                        p -> assertThat(p).startsWith("7 sender is \"me\"; write an address"),
                        p -> assertThat(p).isEqualTo("8 auth is of no use without user: add it, or remove this"));
    }

    @Test
    void aDomainHasOneRoute() {
        assertThat(problems("domain = \"a\"\nhost = \"x\"\n[[send.route]]\ndomain = \"A\"\nhost = \"y\""))
                .singleElement()
                .asString()
                .startsWith("5 domain is \"a\", which has another route already");
        assertThatThrownBy(() -> routes("send.smtproutes = [\":x\", \"nocolon\"]\n"))
                .hasMessageContaining("postern.toml:6: send.smtproutes: \"nocolon\": there is no colon");
        assertThatThrownBy(() -> routes("send.route = \"x\"\n")).hasMessageContaining("[[send.route]]");
    }

    @Test
    void aCertificateSettingWithoutACheckIsRefused() {
        assertThat(problems("host = \"h\"\ntls_name = \"x\""))
                .singleElement()
                .asString()
                .startsWith("3 tls_name is \"x\", and no certificate is checked with tls = \"may\"");
        assertThat(problems("host = \"h\"\ntls = \"verify\"\nca_file = \"/nonexistent\""))
                .singleElement()
                .asString()
                .startsWith("4 ca_file is \"/nonexistent\", which cannot be read");
    }
}
