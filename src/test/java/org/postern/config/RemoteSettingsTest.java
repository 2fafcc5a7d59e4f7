package org.postern.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteSettingsTest {
    @TempDir
    Path control;

    private RemoteSettings read() throws IOException, SettingsException {
        return RemoteSettings.read(new QmailControl(control));
    }

    private static final String LIMITS_FORM =
            "write domain:connections:messages, as example.com:2:500, and nothing for no"
                    + " limit (up to 2000 and 10000000)";

    private void file(String name, String text) throws IOException {
        Files.writeString(control.resolve(name), text);
    }

    @Test
    void defaults() throws IOException, SettingsException {
        file("me", "hoge.example.com\n");
        assertThat(read())
                .isEqualTo(new RemoteSettings(
                        "hoge.example.com", List.of(), Duration.ofSeconds(60), SmtpTimeouts.RFC5321));
    }

    @Test
    void everyFileSetsItsComponent() throws IOException, SettingsException {
        file("me", "hoge.example.com\n");
        file("helohost", "mail.example.com\n");
        file("timeoutconnect", "5\n");
        file("timeoutremote", "300\n");
        file(
                "smtproutes",
                "# comment\n\n:relay.example:587 \nD.example:192.0.2.1\n.sub.example:\nsix:[2001:db8::1]:26\n");
        assertThat(read())
                .isEqualTo(new RemoteSettings(
                        "mail.example.com",
                        List.of(
                                new SmtpRoute("", "relay.example", 587),
                                new SmtpRoute("d.example", "192.0.2.1", 25),
                                new SmtpRoute(".sub.example", "", 25),
                                new SmtpRoute("six", "2001:db8::1", 26)),
                        Duration.ofSeconds(5),
                        SmtpTimeouts.all(Duration.ofSeconds(300))));
    }

    @Test
    void theLongestMatchCounts() {
        RemoteSettings settings = RemoteSettings.of(
                "me",
                List.of(
                        new SmtpRoute("", "all", 25),
                        new SmtpRoute(".example.com", "below", 25),
                        new SmtpRoute("example.com", "exact", 25),
                        new SmtpRoute(".mx.example.com", "", 25),
                        new SmtpRoute("example.com", "second", 25)));
        assertThat(settings.route("Example.COM").host()).isEqualTo("exact");
        assertThat(settings.route("a.b.example.com").host()).isEqualTo("below");
        assertThat(settings.route("x.mx.example.com").host()).isEmpty();
        assertThat(settings.route("notexample.com").host()).isEqualTo("all");
        assertThat(settings.route("").host()).isEqualTo("all");
        assertThat(RemoteSettings.of("me", List.of()).route("x")).isEqualTo(SmtpRoute.NONE);
    }

    @Test
    void aDestinationIsALimitsLineOrARouteWithAHostOrTheDomain() throws IOException, SettingsException {
        file("me", "hoge.example.com\n");
        file("smtproutes", ":relay.example\n.mx.example:\n");
        file("destinationlimits", "# comment\n:20:\n.Example.com:2:100\nbig.example.com::5000\n");
        RemoteSettings settings = read();
        DestinationLimit each = new DestinationLimit(20, 0);
        assertThat(settings.place("a.example.com")).isEqualTo(new Place(".example.com", new DestinationLimit(2, 100)));
        assertThat(settings.place("big.example.com"))
                .isEqualTo(new Place("big.example.com", new DestinationLimit(0, 5000)));
        assertThat(settings.place("other.example")).isEqualTo(new Place("", each));
        assertThat(settings.place("A.mx.example")).isEqualTo(new Place("a.mx.example", each));
        Files.delete(control.resolve("destinationlimits"));
        assertThat(read().place("a.mx.example")).isEqualTo(Place.of("a.mx.example"));
    }

    @Test
    void aWrongLimitIsToldWithItsLine() throws IOException {
        file("me", "hoge.example.com\n");
        file("destinationlimits", "a:1:2\na:b:c\na:2001:\n:1\n");
        assertThatExceptionOfType(SettingsException.class)
                .isThrownBy(this::read)
                .satisfies(e -> assertThat(e.problems())
                        .extracting(Problem::line, Problem::what)
                        .containsExactly(
                                tuple(2, "\"a:b:c\": " + LIMITS_FORM),
                                tuple(3, "\"a:2001:\": " + LIMITS_FORM),
                                tuple(4, "\":1\": " + LIMITS_FORM)));
    }

    @Test
    void allProblemsAreToldWithFileLineValueAndRemedy() throws IOException {
        file("me", "hoge.example.com\n");
        file(
                "smtproutes",
                ":ok\nrelay.example\n#\nx:relay:99999\nx:relay:smtp\nx:relay:\nx:2001:db8::1\nx:[::1\nx:a b\nx:[::1]y\n");
        file("timeoutconnect", "60s\n");
        file("timeoutremote", "0\n");
        assertThatThrownBy(this::read).isInstanceOfSatisfying(SettingsException.class, bad -> {
            List<String> problems =
                    bad.problems().stream().map(Problem::toString).toList();
            Path routes = control.resolve("smtproutes");
            assertThat(problems).hasSize(10);
            assertThat(problems.getFirst())
                    .isEqualTo(
                            routes + ":2: \"relay.example\": there is no colon: write domain:host or domain:host:port");
            assertThat(problems.get(1))
                    .isEqualTo(routes + ":4: \"x:relay:99999\": there is no such port: it must be 1 to 65535");
            assertThat(problems.get(4))
                    .startsWith(routes + ":7: \"x:2001:db8::1\"")
                    .contains("brackets");
            assertThat(problems.get(8))
                    .isEqualTo(control.resolve("timeoutconnect")
                            + ":1: \"60s\": write a number of seconds, 1 or more (default 60)");
        });
    }

    @Test
    void withoutANameNothingIsSent() throws IOException {
        assertThatThrownBy(this::read)
                .isInstanceOf(SettingsException.class)
                .hasMessage(control.resolve("helohost") + ": missing, and me as well: write this host's name into me");
        file("me", "two words\n");
        assertThatThrownBy(this::read).isInstanceOf(SettingsException.class).hasMessageContaining("\"two words\"");
    }
}
