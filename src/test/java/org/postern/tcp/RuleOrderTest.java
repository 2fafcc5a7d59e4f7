package org.postern.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The order of tcprules(1), ADDRESSES. */
class RuleOrderTest {
    @Test
    void allEightKindsInTheirOrder() {
        assertThat(RuleOrder.addresses("10.1.2.3", "a.example.com", "joe"))
                .containsExactly(
                        "joe@10.1.2.3",
                        "joe@=a.example.com",
                        "10.1.2.3",
                        "=a.example.com",
                        "10.1.2.",
                        "10.1.",
                        "10.",
                        "=.example.com",
                        "=.com",
                        "=",
                        "");
    }

    @Test
    void whatIsNotSetIsNotLookedFor() {
        assertThat(RuleOrder.addresses("10.1.2.3", null, null))
                .containsExactly("10.1.2.3", "10.1.2.", "10.1.", "10.", "");
        assertThat(RuleOrder.addresses("1.2.3.4", null, "joe")).startsWith("joe@1.2.3.4", "1.2.3.4");
        assertThat(RuleOrder.addresses("1.2.3.4", "h", null))
                .containsExactly("1.2.3.4", "=h", "1.2.3.", "1.2.", "1.", "=", "");
    }

    @Test
    void setButEmptyIsSet() {
        assertThat(RuleOrder.addresses("1.2.3.4", "", ""))
                .containsExactly("@1.2.3.4", "@=", "1.2.3.4", "=", "1.2.3.", "1.2.", "1.", "");
    }

    @Test
    void ipv6IsLookedForInEachSpellingAndTheLongestNetworkFirst() {
        assertThat(RuleOrder.addresses("2001:db8:0:1:a:b:c:d", null, null))
                .containsExactly(
                        "2001:db8:0:1:a:b:c:d",
                        "2001:db8::1:a:b:c:d",
                        "2001:db8:0:1:a:b:c:",
                        "2001:db8::1:a:b:c:",
                        "2001:db8:0:1:a:b:",
                        "2001:db8::1:a:b:",
                        "2001:db8:0:1:a:",
                        "2001:db8::1:a:",
                        "2001:db8:0:1:",
                        "2001:db8::1:",
                        "2001:db8:0:",
                        "2001:db8::",
                        "2001:db8:",
                        "2001:",
                        "");
    }

    @Test
    void zerosAreWrittenOutToo() {
        assertThat(RuleOrder.addresses("2001:db8::1", null, null))
                .containsExactly(
                        "2001:db8::1",
                        "2001:db8:0:0:0:0:0:1",
                        "2001:db8::",
                        "2001:db8:0:0:0:0:0:",
                        "2001:db8:0:0:0:0:",
                        "2001:db8:0:0:0:",
                        "2001:db8:0:0:",
                        "2001:db8:0:",
                        "2001:db8:",
                        "2001:",
                        "");
        assertThat(RuleOrder.addresses("::1", null, null))
                .startsWith("::1", "0:0:0:0:0:0:0:1", "::", "0:0:0:0:0:0:0:")
                .endsWith("0:0:", "0:", ":", "");
    }

    @Test
    void theLookUpsOfUcspiTcpIpv6AreAllThereInItsOrder() {
        assertThat(RuleOrder.addresses("2001:db8:0:a:b:c:d:0", "h.x", "joe"))
                .containsSubsequence(
                        "joe@2001:db8::a:b:c:d:0",
                        "joe@=h.x",
                        "2001:db8::a:b:c:d:0",
                        "=h.x",
                        "2001:db8::a:b:c:d:",
                        "2001:db8::a:b:c:",
                        "2001:db8::a:b:",
                        "2001:db8::a:",
                        "2001:db8::",
                        "2001:db8:",
                        "2001:",
                        "=.x",
                        "=",
                        "");
    }

    @Test
    void ipv4InIpv6sClothesIsLookedForAsUcspiTcpDoes() {
        assertThat(RuleOrder.addresses("::ffff:10.1.2.3", null, null))
                .containsExactly("::ffff:10.1.2.3", "::ffff:10.1.2.", "::ffff:10.1.", "::ffff:10.", "");
    }
}
