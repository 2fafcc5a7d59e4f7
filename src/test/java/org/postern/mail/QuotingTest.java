package org.postern.mail;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuotingTest {
    @Test
    void anOrdinaryAddressIsAsItIs() {
        assertThat(Quoting.address("a.b-c+d@example.com")).isEqualTo("a.b-c+d@example.com");
        assertThat(Quoting.address("")).isEmpty();
        assertThat(Quoting.address("postmaster")).isEqualTo("postmaster");
    }

    @Test
    void blanksDotsAndSpecialsAreQuoted() {
        assertThat(Quoting.address("a b@h")).isEqualTo("\"a b\"@h");
        assertThat(Quoting.address(".a@h")).isEqualTo("\".a\"@h");
        assertThat(Quoting.address("a..b@h")).isEqualTo("\"a..b\"@h");
        assertThat(Quoting.address("a.@h")).isEqualTo("\"a.\"@h");
        assertThat(Quoting.address("a\"b\\c@h")).isEqualTo("\"a\\\"b\\\\c\"@h");
        assertThat(Quoting.address("a@b@h")).isEqualTo("\"a@b\"@h");
        assertThat(Quoting.address("\u00e9@h")).isEqualTo("\"\u00e9\"@h");
        assertThat(Quoting.address("@h")).isEqualTo("\"\"@h");
        assertThat(Quoting.address("#@[]")).isEqualTo("#@[]");
    }
}
