package org.postern.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.os.Crypt;
import org.postern.users.StoredPassword;

class PasswordCheckTest {
    private static final PasswordCheck.Verdict RIGHT = new PasswordCheck.Verdict.Right();
    private static final PasswordCheck.Verdict WRONG = new PasswordCheck.Verdict.Wrong();

    /** RFC 1939 §7's own example. */
    private static final StoredPassword TANSTAAF = new StoredPassword.Clear("tanstaaf");

    private static final String TIMESTAMP = "<1896.697170952@dbc.mtview.ca.us>";
    private static final String DIGEST = "c4c9334bac560ecc979e58001b3e22fb";

    private final PasswordCheck check = new PasswordCheck(new Crypt());

    @Test
    void aClearPasswordIsCompared() {
        assertThat(check.check(TANSTAAF, new Proof.Password("tanstaaf"))).isEqualTo(RIGHT);
        for (String wrong : List.of("", "tanstaa", "tanstaaff", "Tanstaaf", DIGEST)) {
            assertThat(check.check(TANSTAAF, new Proof.Password(wrong)))
                    .as(wrong)
                    .isEqualTo(WRONG);
        }
    }

    @Test
    void theDigestOfTheRfcIsRight() {
        assertThat(check.check(TANSTAAF, new Proof.Apop(DIGEST, TIMESTAMP))).isEqualTo(RIGHT);
        assertThat(check.check(TANSTAAF, new Proof.Apop(DIGEST, "<1896.697170953@dbc.mtview.ca.us>")))
                .isEqualTo(WRONG);
        assertThat(check.check(TANSTAAF, new Proof.Apop(DIGEST.toUpperCase(java.util.Locale.ROOT), TIMESTAMP)))
                .isEqualTo(WRONG);
        assertThat(check.check(TANSTAAF, new Proof.Apop("tanstaaf", TIMESTAMP))).isEqualTo(WRONG);
    }

    @Test
    void checkpasswordIsHandedOneOrTheOther() {
        assertThat(check.check(TANSTAAF, new Proof.PasswordOrApop("tanstaaf", TIMESTAMP)))
                .isEqualTo(RIGHT);
        assertThat(check.check(TANSTAAF, new Proof.PasswordOrApop("tanstaaf", "")))
                .isEqualTo(RIGHT);
        assertThat(check.check(TANSTAAF, new Proof.PasswordOrApop(DIGEST, TIMESTAMP)))
                .isEqualTo(RIGHT);
        assertThat(check.check(TANSTAAF, new Proof.PasswordOrApop(DIGEST, ""))).isEqualTo(WRONG);
        assertThat(check.check(TANSTAAF, new Proof.PasswordOrApop("", TIMESTAMP)))
                .isEqualTo(WRONG);
    }

    /** MD5 of the timestamp and "tanstaaf", for timestamps that no server makes. */
    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "<>", "<@>", "<a>", "<@b>", "<a@>", "a@b", "<a@b>c", "<a@b> <c@d>", "<a @b>", "<a@b>\n"
            })
    void aTimestampThatIsNoneProvesNothing(String timestamp) throws Exception {
        String digest = java.util.HexFormat.of()
                .formatHex(java.security.MessageDigest.getInstance("MD5")
                        .digest(org.postern.os.Octets.bytes(timestamp + "tanstaaf")));
        assertThat(check.check(TANSTAAF, new Proof.PasswordOrApop(digest, timestamp)))
                .isEqualTo(WRONG);
        assertThat(check.check(TANSTAAF, new Proof.Apop(digest, timestamp))).isEqualTo(WRONG);
    }

    @Test
    void aHashServesNoApop() {
        StoredPassword hashed = new StoredPassword.Crypted("$1$wY1OlIRg$ideWlEu81Xx.QOpkEY7xo/");
        assertThat(check.check(hashed, new Proof.Password("secret"))).isEqualTo(RIGHT);
        assertThat(check.check(hashed, new Proof.PasswordOrApop("secret", TIMESTAMP)))
                .isEqualTo(RIGHT);
        assertThat(check.check(hashed, new Proof.Password("Secret"))).isEqualTo(WRONG);
        assertThat(check.check(hashed, new Proof.Password(""))).isEqualTo(WRONG);
        assertThat(check.check(hashed, new Proof.Apop("secret", TIMESTAMP))).isEqualTo(WRONG);
        assertThat(check.check(hashed, new Proof.Password("$1$wY1OlIRg$ideWlEu81Xx.QOpkEY7xo/")))
                .isEqualTo(WRONG);
        assertThat(check.check(hashed, new Proof.Password("secret".repeat(100))))
                .isEqualTo(WRONG);
    }

    @Test
    void aSchemeThatCryptLacksIsNoNo() {
        assertThat(check.check(
                        new StoredPassword.Crypted("$argon2id$v=19$m=65536,t=3,p=1$abc$def"),
                        new Proof.Password("secret")))
                .isInstanceOfSatisfying(
                        PasswordCheck.Verdict.Unclear.class,
                        unclear ->
                                assertThat(unclear.why()).contains("$argon2id$").doesNotContain("def"));
        assertThat(check.check(new StoredPassword.NotSupported("why"), new Proof.Password("secret")))
                .isEqualTo(new PasswordCheck.Verdict.Unclear("why"));
    }

    @Test
    void withoutCryptAHashIsNoNoAndClearTextStillWorks() {
        PasswordCheck without = new PasswordCheck(new Crypt(List.of("libcrypt-of-no-machine.so.7")));
        assertThat(without.check(new StoredPassword.Crypted("$1$a$b"), new Proof.Password("secret")))
                .isInstanceOf(PasswordCheck.Verdict.Unclear.class);
        assertThat(without.check(TANSTAAF, new Proof.Password("tanstaaf"))).isEqualTo(RIGHT);
    }

    @Test
    void nothingOpensALockedAccount() {
        StoredPassword locked = new StoredPassword.Locked("empty");
        for (Proof proof : List.of(
                new Proof.Password(""),
                new Proof.PasswordOrApop("", ""),
                new Proof.Password("empty"),
                new Proof.Apop(DIGEST, TIMESTAMP))) {
            assertThat(check.check(locked, proof)).isEqualTo(WRONG);
        }
    }

    @Test
    void noProofShowsItselfInALog() {
        assertThat(new Proof.Password("secret").toString()).doesNotContain("secret");
        assertThat(new Proof.Apop("secret", "secret").toString()).doesNotContain("secret");
        assertThat(new Proof.PasswordOrApop("secret", "secret").toString()).doesNotContain("secret");
    }
}
