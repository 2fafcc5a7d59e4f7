package org.postern.users;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postern.os.Crypt;
import org.postern.os.Nss;

class SystemAccountsTest {
    private final SystemAccounts accounts = new SystemAccounts(new Nss(), new Crypt());

    /** Day 100; lastChange, mostDays, expireDay as shadow(5) has them, -1 where a field is empty. */
    @ParameterizedTest
    @CsvSource({
        "-1, -1, -1, open",
        "50, 99999, -1, open",
        "50, -1, -1, open",
        "50, 50, -1, open",
        "50, 49, -1, closed",
        "-1, 10, -1, open",
        "0, 99999, -1, closed",
        "50, 99999, 101, open",
        "50, 99999, 100, closed",
        "50, 99999, 0, closed",
    })
    void anExpiredAccountIsClosed(long lastChange, long mostDays, long expireDay, String wanted) {
        Nss.Shadow shadow = new Nss.Shadow("joe", "", lastChange, 0, mostDays, 7, -1, expireDay);
        assertThat(SystemAccounts.admission(shadow, 100) instanceof Admission.Open)
                .isEqualTo(wanted.equals("open"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no-such-user", "root:x", "root\n", " root", "r\u00f6\u00f6t", "root\u007f"})
    void whoIsNotThereIsUnknown(String name) {
        assertThat(accounts.find(name, line -> {})).isEqualTo(new Lookup.Unknown());
    }

    @Test
    void anUnknownNameCostsAHashOfThePreferredScheme() {
        assertThat(accounts.decoy("no-such-user")).isInstanceOf(StoredPassword.Crypted.class);
    }
}
