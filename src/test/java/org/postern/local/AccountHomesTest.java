package org.postern.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.local.AccountHomes.Account;
import org.postern.mail.Mailbox;

class AccountHomesTest {
    @TempDir
    Path dir;

    private final Map<String, Account> accounts = new HashMap<>();
    private final AccountHomes homes =
            new AccountHomes(name -> Optional.ofNullable(accounts.get(name)), Optional.of("alias"));

    private void with(String name) throws IOException {
        accounts.put(name, TestingHome.account(dir, name));
    }

    private String found(String local) throws IOException {
        Home home = homes.home(Mailbox.of(local)).orElseThrow();
        return home.user() + "|" + home.dash() + "|" + home.extension();
    }

    @Test
    void theLongestAccountNameBeforeADashCounts() throws IOException {
        with("alias");
        with("joe");
        with("joe-list");
        assertThat(found("joe")).isEqualTo("joe||");
        assertThat(found("JOE")).isEqualTo("joe||");
        assertThat(found("joe-")).isEqualTo("joe|-|");
        assertThat(found("joe-a-B")).isEqualTo("joe|-|a-B");
        assertThat(found("joe-list-c")).isEqualTo("joe-list|-|c");
        assertThat(found("joelle")).isEqualTo("alias|-|joelle");
        assertThat(found("-joe")).isEqualTo("alias|-|-joe");
    }

    @Test
    void anAccountMayBeNamedByItsWholeAddress() throws IOException {
        with("alias");
        with("joe");
        with("joe@example.com");
        with("ann@example.com");
        with("ann.with.a.name.longer.than.qmail@example.com");
        assertThat(found("joe@example.com")).isEqualTo("joe@example.com||");
        assertThat(found("Joe@EXAMPLE.com")).isEqualTo("joe@example.com||");
        assertThat(found("joe-list@example.com")).isEqualTo("joe@example.com|-|list");
        assertThat(found("joe@example.org")).isEqualTo("joe||");
        assertThat(found("ann@example.com")).isEqualTo("ann@example.com||");
        assertThat(found("ann@example.org")).isEqualTo("alias|-|ann");
        assertThat(found("ann.with.a.name.longer.than.qmail@example.com")).startsWith("ann.with");
    }

    @Test
    void anAccountMustOwnItsHomeAndNotBeRoot() throws IOException {
        with("alias");
        with("joe");
        Account joe = accounts.get("joe");
        accounts.put("joe", new Account("joe", joe.uid() + 1, joe.gid(), joe.directory()));
        accounts.put("root", new Account("root", 0, 0, Files.createDirectory(dir.resolve("root"))));
        accounts.put("gone", new Account("gone", joe.uid(), joe.gid(), dir.resolve("nowhere")));
        assertThat(found("joe")).startsWith("alias|");
        assertThat(found("root")).startsWith("alias|");
        assertThat(found("gone")).startsWith("alias|");
    }

    @Test
    void aNameThatIsTooLongIsNotLookedUp() throws IOException {
        with("alias");
        with("a".repeat(31));
        accounts.put("a".repeat(32), accounts.get("a".repeat(31)));
        assertThat(found("a".repeat(31))).startsWith("aaa");
        assertThat(found("a".repeat(32))).startsWith("alias|");
    }

    @Test
    void withoutAnAliasUserNobodyIsResponsible() throws IOException {
        assertThat(new AccountHomes(name -> Optional.empty(), Optional.empty()).home(Mailbox.of("x")))
                .isEmpty();
        assertThatThrownBy(() -> homes.home(Mailbox.of("x")))
                .isInstanceOf(IOException.class)
                .hasMessage("Unable to find alias user!");
    }
}
