package org.postern.mail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The values of NOTIFY, ORCPT, RET and ENVID. */
class DsnParametersTest {
    @Test
    void notifyIsNeverOrAList() {
        assertThat(Notify.parse("never")).contains(Notify.NEVER);
        assertThat(Notify.parse("delay,Success")).contains(new Notify(true, true, false, true));
        assertThat(Notify.parse("FAILURE,FAILURE")).map(Notify::toString).contains("FAILURE");
        for (String wrong :
                List.of("", "NEVER,FAILURE", "SUCCESS,", ",DELAY", "SUCCESS FAILURE", "ALWAYS", "SUCCE\u00df")) {
            assertThat(Notify.parse(wrong)).as(wrong).isEmpty();
        }
    }

    @Test
    void notifyIsWrittenAsItIsRead() {
        for (String value : List.of("NEVER", "SUCCESS", "FAILURE", "SUCCESS,FAILURE,DELAY", "DELAY")) {
            assertThat(Notify.parse(value)).map(Notify::toString).contains(value);
        }
        assertThat(Notify.UNSPECIFIED).hasToString("");
        assertThat(Notify.parse("SUCCESS").orElseThrow().withoutSuccess()).isEqualTo(Notify.NEVER);
        assertThat(Notify.UNSPECIFIED.withoutSuccess()).isEqualTo(Notify.UNSPECIFIED);
    }

    @Test
    void anOriginalRecipientHasATypeAndAnAddress() {
        assertThat(new DsnRcpt(Notify.UNSPECIFIED, "rfc822;joe+2Bx@example.com").originalRecipient())
                .isEqualTo("rfc822; joe+x@example.com");
        assertThat(DsnRcpt.isOrcpt("rfc822;" + "x".repeat(493))).isTrue();
        for (String wrong : List.of(
                "joe@example.com",
                ";joe",
                "rfc822;",
                "rfc822;a=b",
                "rfc822;a+0Ab",
                "rfc822;a+E9",
                "rfc 822;a",
                "rfc822;" + "x".repeat(494))) {
            assertThat(DsnRcpt.isOrcpt(wrong)).as(wrong).isFalse();
        }
        assertThatThrownBy(() -> new DsnRcpt(Notify.UNSPECIFIED, "joe"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("joe");
    }

    @Test
    void theFirstNameOfARecipientStays() {
        DsnRcpt unnamed = DsnRcpt.NONE.withOriginal("a=b@example.com");
        assertThat(unnamed.orcpt()).isEqualTo("rfc822;a+3Db@example.com");
        assertThat(unnamed.withOriginal("c@x")).isEqualTo(unnamed);
        assertThat(DsnRcpt.NONE.withOriginal("\u00e9@x")).isEqualTo(DsnRcpt.NONE);
    }

    @Test
    void anEnvelopeIdIsPrintable() {
        assertThat(new DsnMail(DsnMail.Ret.HDRS, "QQ+20314159").envelopeId()).isEqualTo("QQ 314159");
        assertThat(DsnMail.isEnvid("x".repeat(100))).isTrue();
        for (String wrong : List.of("", "a b", "a+0D+0AX-Bad:+20x", "x".repeat(101))) {
            assertThat(DsnMail.isEnvid(wrong)).as(wrong).isFalse();
        }
        assertThat(DsnMail.Ret.parse("full")).contains(DsnMail.Ret.FULL);
        assertThat(DsnMail.Ret.parse("BODY")).isEmpty();
    }
}
