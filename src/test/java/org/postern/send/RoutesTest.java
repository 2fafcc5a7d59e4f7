package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postern.config.Place;
import org.postern.config.SendSettings;

class RoutesTest {
    private final Routes routes = new Routes(new SendSettings(
            "env.example",
            Set.of("here.example", "env.example"),
            Set.of("hack.example"),
            Map.of(
                    "virtual.example", "virtual",
                    "one@virtual.example", "",
                    ".wild.example", "wild",
                    "not.wild.example", "",
                    "user@person.example", "person"),
            10,
            20,
            Duration.ofDays(7),
            "MAILER-DAEMON",
            "here.example",
            "postmaster",
            "here.example",
            50_000,
            Duration.ZERO));

    @ParameterizedTest
    @CsvSource({
        "a@here.example, local a@here.example",
        "A@HERE.Example, local A@HERE.Example",
        "a, local a@env.example",
        "a@b@here.example, local a@b@here.example",
        "a@far.example, remote a@far.example",
        "a@Far.Example, remote a@Far.Example",
        "a@virtual.example, local virtual-a@virtual.example",
        "A@Virtual.Example, local virtual-A@Virtual.Example",
        "one@virtual.example, remote one@virtual.example",
        "a@sub.virtual.example, remote a@sub.virtual.example",
        "a@x.wild.example, local wild-a@x.wild.example",
        "a@x.y.wild.example, local wild-a@x.y.wild.example",
        "a@wild.example, remote a@wild.example",
        "a@not.wild.example, remote a@not.wild.example",
        "user@person.example, local person-user@person.example",
        "other@person.example, remote other@person.example",
        "a%here.example@hack.example, local a@here.example",
        "a%b.example%hack.example@hack.example, remote a@b.example",
        "a@hack.example, remote a@hack.example",
        "a%here.example@far.example, remote a%here.example@far.example",
        "a.b.wild.example@far.example, remote a.b.wild.example@far.example",
        "@, remote @",
    })
    void recipientsGoWhereQmailSendsThem(String recipient, String expected) {
        assertThat(said(routes.route(recipient))).isEqualTo(expected);
    }

    private static String said(Route route) {
        return switch (route) {
            case Route.Local l -> "local " + l.address();
            case Route.Remote r -> "remote " + r.address();
        };
    }

    @Test
    void theEmptyKeyIsForAll() {
        SendSettings all = SendSettings.defaults("here.example").withRouting(Set.of("here.example"), Map.of("", "all"));
        assertThat(said(new Routes(all).route("a@far.example"))).isEqualTo("local all-a@far.example");
        assertThat(said(new Routes(all).route("a@here.example"))).isEqualTo("local a@here.example");
    }

    @Test
    void theDomainOfARemoteOneIsInLowerCase() {
        assertThat(routes.route("a@Far.Example")).isEqualTo(new Route.Remote("a@Far.Example", Place.of("far.example")));
    }

    @Test
    void bouncesNameTheAddressWithoutWhatWasPrepended() {
        assertThat(routes.complete("a@virtual.example")).isEqualTo("a@virtual.example");
        assertThat(routes.complete("a")).isEqualTo("a@env.example");
    }

    @Test
    void verpNamesTheRecipientInTheSender() {
        assertThat(Verp.sender("list-@host-@[]", "u@far.example")).isEqualTo("list-u=far.example@host");
        assertThat(Verp.sender("list-@host", "u@far.example")).isEqualTo("list-@host");
        assertThat(Verp.sender("#@[]", "u@far.example")).isEqualTo("#@[]");
        assertThat(Verp.bounceRecipient("list-@host-@[]")).isEqualTo("list-@host");
        assertThat(Verp.bounceRecipient("#@[]")).isEqualTo("#@[]");
    }
}
