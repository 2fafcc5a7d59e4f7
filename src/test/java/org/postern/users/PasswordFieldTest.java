package org.postern.users;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.os.Octets;

class PasswordFieldTest {
    @Test
    void clearTextHasThreeNamesAndTwoEncodings() {
        for (String field : List.of(
                "{PLAIN}a:b",
                "{CLEARTEXT}a:b",
                "{clear}a:b",
                "{PLAIN.B64}YTpi",
                "{plain.base64}YTpi",
                "{PLAIN.HEX}613a62")) {
            assertThat(PasswordField.ofFile(field)).as(field).isEqualTo(new StoredPassword.Clear("a:b"));
        }
    }

    @Test
    void withoutASchemeItIsCrypts() {
        for (String hash : List.of("$6$salt$hash", "$y$j9T$salt$hash", "C.BnPOmpBdVHo", "_J9..eiagrfanatl.x1k")) {
            assertThat(PasswordField.ofFile(hash)).isEqualTo(new StoredPassword.Crypted(hash));
            assertThat(PasswordField.ofFile("{CRYPT}" + hash)).isEqualTo(new StoredPassword.Crypted(hash));
            assertThat(PasswordField.ofSystem(hash)).isEqualTo(new StoredPassword.Crypted(hash));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "!", "!!", "*", "!$6$salt$hash", "*LK*", "*NP*", "x"})
    void locksAreNoPasswords(String field) {
        assertThat(PasswordField.ofSystem(field)).isInstanceOf(StoredPassword.Locked.class);
        assertThat(PasswordField.ofFile(field)).isInstanceOf(StoredPassword.Locked.class);
        assertThat(PasswordField.ofFile("{CRYPT}" + field)).isInstanceOf(StoredPassword.Locked.class);
        assertThat(PasswordField.ofFile("{SHA512-CRYPT}" + field)).isInstanceOf(StoredPassword.Locked.class);
    }

    @Test
    void anEmptyClearPasswordIsNone() {
        assertThat(PasswordField.ofFile("{PLAIN}")).isInstanceOf(StoredPassword.Locked.class);
        assertThat(PasswordField.ofFile("{PLAIN.B64}")).isInstanceOf(StoredPassword.Locked.class);
    }

    @Test
    void aClearPasswordMayBeginLikeALock() {
        assertThat(PasswordField.ofFile("{PLAIN}!x")).isEqualTo(new StoredPassword.Clear("!x"));
    }

    @Test
    void inShadowABraceIsNoScheme() {
        assertThat(PasswordField.ofSystem("{PLAIN}secret")).isInstanceOf(StoredPassword.NotSupported.class);
    }

    @Test
    void whatStandsBehindADigestIsItsSalt() {
        String digest = "00".repeat(20);
        assertThat(PasswordField.ofFile("{SSHA.HEX}" + digest + "736c74"))
                .isEqualTo(new StoredPassword.Digested(
                        "SHA-1", Octets.of(HexFormat.of().parseHex(digest)), "slt"));
        assertThat(PasswordField.ofFile("{SHA.HEX}" + digest + "736c74"))
                .isInstanceOf(StoredPassword.NotSupported.class);
        assertThat(PasswordField.ofFile("{SSHA.HEX}00")).isInstanceOf(StoredPassword.NotSupported.class);
    }

    @Test
    void noneShowsItselfInALog() {
        for (String field :
                List.of("{PLAIN}secret", "$6$salt$secret", "{SHA.HEX}" + "73".repeat(20), "secret", "{SSHA}secret!")) {
            assertThat(PasswordField.ofFile(field).toString())
                    .as(field)
                    .doesNotContain("secret")
                    .doesNotContain("sss");
        }
        assertThat(new StoredPassword.Crypted("$6$salt$hash").toString()).isEqualTo("crypt $6$");
        assertThat(new StoredPassword.Crypted("C.BnPOmpBdVHo").toString()).isEqualTo("crypt DES");
    }
}
