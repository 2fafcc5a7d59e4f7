package org.postern.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.postern.chain.Log;
import org.postern.os.Crypt;
import org.postern.os.Identity;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Network;
import org.postern.users.Account;
import org.postern.users.AccountSource;
import org.postern.users.Admission;
import org.postern.users.Lookup;
import org.postern.users.StoredPassword;

class AuthenticatorTest {
    private static final StoredPassword SECRET = new StoredPassword.Clear("secret");
    private static final Identity ROOT = new Identity(0, 0, List.of(0));
    private static final Identity JOE = new Identity(1000, 1000, List.of(1000));
    private static final Admission OPEN = new Admission.Open();

    private final List<String> decoys = new ArrayList<>();

    @Test
    void theRightPasswordIsAccepted() {
        Account joe = account(JOE, SECRET, OPEN);
        assertThat(login(joe, "secret", ROOT)).isEqualTo(new Authentication.Accepted(joe));
        assertThat(decoys).isEmpty();
    }

    @Test
    void aWrongPasswordAndAnUnknownNameAreOrdinary() {
        Account joe = account(JOE, SECRET, OPEN);
        assertThat(login(joe, "wrong", ROOT)).isEqualTo(new Authentication.Refused("wrong password", true));
        assertThat(authenticator(Map.of(), ROOT).authenticate(attempt("ann", "secret", null), line -> {}))
                .isEqualTo(new Authentication.Refused("no such account", true));
        assertThat(decoys).containsExactly("ann");
    }

    /** Clients that see APOP offered use it without being told to. */
    @Test
    void apopAgainstAHashIsNamed() {
        Account joe = account(JOE, new StoredPassword.Crypted("$6$x$x"), OPEN);
        Authenticator.Attempt apop = new Authenticator.Attempt("joe", new Proof.Apop("d", "<t@x>"), null);
        assertThat(authenticator(Map.of("joe", joe), ROOT).authenticate(apop, _ -> {}))
                .isEqualTo(new Authentication.Refused(
                        "the client used APOP, for which the account must have its password as {PLAIN}", true));
    }

    @Test
    void uidZeroIsRefusedWhateverThePasswordAndCostsADecoy() {
        assertThat(login(account(ROOT, SECRET, OPEN), "secret", JOE))
                .isEqualTo(new Authentication.Refused("uid 0 may not log in", false));
        assertThat(login(account(new Identity(0, 1000, List.of()), SECRET, OPEN), "wrong", JOE))
                .isEqualTo(new Authentication.Refused("uid 0 may not log in", false));
        assertThat(decoys).hasSize(2);
    }

    @Test
    void anAccountWithoutUidIsThisProcesssAndRootsNever() {
        Account joe = account(null, SECRET, OPEN);
        assertThat(login(joe, "secret", JOE)).isEqualTo(new Authentication.Accepted(joe));
        assertThat(login(joe, "secret", ROOT))
                .isInstanceOfSatisfying(
                        Authentication.Refused.class,
                        refused -> assertThat(refused.reason()).contains("give it one"));
    }

    @Test
    void aLockedAccountIsRefusedAndCostsADecoy() {
        assertThat(login(account(JOE, new StoredPassword.Locked("locked"), OPEN), "", ROOT))
                .isEqualTo(new Authentication.Refused("locked", false));
        assertThat(decoys).hasSize(1);
    }

    @Test
    void whatIsClosedIsToldOnlyToWhoKnowsThePassword() {
        Account closed = account(JOE, SECRET, new Admission.Closed("expired"));
        assertThat(login(closed, "secret", ROOT)).isEqualTo(new Authentication.Refused("expired", false));
        assertThat(login(closed, "wrong", ROOT)).isEqualTo(new Authentication.Refused("wrong password", true));
    }

    @Test
    void networksAreKept() {
        IpAddress inside = IpAddress.parse("192.0.2.7").orElseThrow();
        Account bound = account(JOE, SECRET, new Admission.OnlyFrom(List.of(new Network(inside, 24))));
        Authenticator authenticator = authenticator(Map.of("joe", bound), ROOT);
        assertThat(authenticator.authenticate(attempt("joe", "secret", inside), line -> {}))
                .isEqualTo(new Authentication.Accepted(bound));
        assertThat(authenticator.authenticate(
                        attempt("joe", "secret", IpAddress.parse("198.51.100.1").orElseThrow()), line -> {}))
                .isEqualTo(new Authentication.Refused("allow_nets does not list 198.51.100.1", false));
        assertThat(authenticator.authenticate(attempt("joe", "secret", null), line -> {}))
                .isInstanceOf(Authentication.Refused.class);
    }

    @Test
    void whatCannotBeAskedIsNeitherYesNorNo() {
        AccountSource down = new Accounts(Map.of()) {
            @Override
            public Lookup find(String name, Log log) {
                return new Lookup.Unavailable("the directory is down");
            }
        };
        assertThat(new Authenticator(down, new PasswordCheck(new Crypt()), ROOT)
                        .authenticate(attempt("joe", "secret", null), line -> {}))
                .isEqualTo(new Authentication.Unavailable("the directory is down"));
        assertThat(login(account(JOE, new StoredPassword.NotSupported("why"), OPEN), "secret", ROOT))
                .isEqualTo(new Authentication.Unavailable("why"));
    }

    private Authentication login(Account account, String password, Identity own) {
        return authenticator(Map.of("joe", account), own).authenticate(attempt("joe", password, null), line -> {});
    }

    private static Authenticator.Attempt attempt(String name, String password, @Nullable IpAddress client) {
        return new Authenticator.Attempt(name, new Proof.Password(password), client);
    }

    private Authenticator authenticator(Map<String, Account> accounts, Identity own) {
        return new Authenticator(new Accounts(accounts), new PasswordCheck(new Crypt()), own);
    }

    private static Account account(@Nullable Identity identity, StoredPassword password, Admission admission) {
        return new Account("joe", identity, "/home/joe", "/bin/sh", password, admission);
    }

    private class Accounts implements AccountSource {
        private final Map<String, Account> accounts;

        Accounts(Map<String, Account> accounts) {
            this.accounts = accounts;
        }

        @Override
        public Lookup find(String name, Log log) {
            Account account = accounts.get(name);
            return account == null ? new Lookup.Unknown() : new Lookup.Found(account);
        }

        @Override
        public StoredPassword decoy(String name) {
            decoys.add(name);
            return SECRET;
        }
    }
}
