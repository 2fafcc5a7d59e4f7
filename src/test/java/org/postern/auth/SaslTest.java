package org.postern.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.postern.os.Octets;

class SaslTest {
    private static String base64(String octets) {
        return Base64.getEncoder().encodeToString(Octets.bytes(octets));
    }

    private static Sasl begin(String mechanism, String octets) {
        return Sasl.begin(mechanism, Optional.of(base64(octets)));
    }

    private static Sasl then(Sasl asked, String line) {
        return ((Sasl.Challenge) asked).answered(line);
    }

    @Test
    void plainIsUserAndPassword() {
        assertThat(begin("plain", "\0tim\0tan\u00e4")).isEqualTo(new Sasl.Claim("tim", "tan\u00e4"));
        assertThat(then(Sasl.begin("PLAIN", Optional.empty()), base64("tim\0tim\0x")))
                .isEqualTo(new Sasl.Claim("tim", "x"));
        assertThat(begin("PLAIN", "ann\0tim\0x")).isEqualTo(new Sasl.ForAnother());
    }

    @Test
    void whatIsNoPlainIsMalformed() {
        for (String octets : new String[] {"", "tim", "tim\0x", "\0tim\0x\0y", "\0\0x", "\0tim\0"}) {
            assertThat(begin("PLAIN", octets)).as(octets).isInstanceOf(Sasl.Malformed.class);
        }
        assertThat(Sasl.begin("PLAIN", Optional.of("=")))
                .as("no octets (RFC 4954 §4)")
                .isInstanceOf(Sasl.Malformed.class);
    }

    @Test
    void loginAsksTwiceInTheWordsThatDevicesKnow() {
        Sasl user = Sasl.begin("LOGIN", Optional.empty());
        assertThat(((Sasl.Challenge) user).base64()).isEqualTo("VXNlcm5hbWU6");
        Sasl password = then(user, base64("tim"));
        assertThat(((Sasl.Challenge) password).base64()).isEqualTo("UGFzc3dvcmQ6");
        assertThat(then(password, base64("secret"))).isEqualTo(new Sasl.Claim("tim", "secret"));
        assertThat(then(begin("LOGIN", "tim"), base64("a\0b"))).isInstanceOf(Sasl.Malformed.class);
        assertThat(then(begin("LOGIN", ""), base64("x"))).isInstanceOf(Sasl.Malformed.class);
    }

    @Test
    void aClientMayGiveUpAtEachStep() {
        assertThat(then(Sasl.begin("PLAIN", Optional.empty()), "*")).isEqualTo(new Sasl.Cancelled());
        assertThat(then(begin("LOGIN", "tim"), "*")).isEqualTo(new Sasl.Cancelled());
    }

    @Test
    void base64HasItsPaddingAndNothingElse() {
        for (String line :
                new String[] {"dGltAHRpbQB4", " dGltAHRpbQB4", "dGltAHRpbQB4 ", "AHRpbQB4eA", "AHRp\u00e9A=="}) {
            Sasl made = Sasl.begin("PLAIN", Optional.of(line));
            assertThat(made instanceof Sasl.Malformed).as(line).isEqualTo(!line.equals("dGltAHRpbQB4"));
        }
    }

    @Test
    void aPasswordIsNotShown() {
        assertThat(begin("PLAIN", "\0tim\0geheim").toString()).contains("tim").doesNotContain("geheim");
        assertThat(then(begin("LOGIN", "tim"), base64("geheim")).toString()).doesNotContain("geheim");
    }

    @Property(tries = 500)
    void anyLineIsSomething(@ForAll String mechanism, @ForAll String line) {
        Sasl made = Sasl.begin(mechanism, Optional.of(line));
        assertThat(made).isNotNull();
        assertThat(then(Sasl.begin("LOGIN", Optional.empty()), line)).isNotNull();
    }
}
