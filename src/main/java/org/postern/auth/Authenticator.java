package org.postern.auth;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Log;
import org.postern.os.Identity;
import org.postern.tcp.IpAddress;
import org.postern.users.Account;
import org.postern.users.AccountSource;
import org.postern.users.Lookup;
import org.postern.users.StoredPassword;

/**
 * Decides who may log in. The answer, and the time it takes, are the same for an unknown name, a wrong password, a
 * locked account and uid 0.
 *
 * @param accounts where they come from
 * @param passwords compares them
 * @param own whose rights serve accounts that name no owner: this process's
 */
public record Authenticator(AccountSource accounts, PasswordCheck passwords, Identity own) {
    /**
     * Who wants in.
     *
     * @param name as the client gave it
     * @param client its address; null where nobody knows
     */
    public record Attempt(
            String name, Proof proof, @Nullable IpAddress client) {}

    public Authentication authenticate(Attempt attempt, Log log) {
        return switch (accounts.find(attempt.name, log)) {
            case Lookup.Found found -> known(found.account(), attempt);
            case Lookup.Unknown unknown -> inVain(attempt, "no such account", true);
            case Lookup.Unavailable unavailable -> new Authentication.Unavailable(unavailable.why());
        };
    }

    private Authentication known(Account account, Attempt attempt) {
        if (account.identityOr(own).isRoot()) {
            return inVain(
                    attempt,
                    account.identity() == null
                            ? "it has no uid of its own, and this runs as root: give it one"
                            : "uid 0 may not log in",
                    false);
        }
        if (account.password() instanceof StoredPassword.Locked locked) {
            return inVain(attempt, locked.why(), false);
        }
        return switch (passwords.check(account.password(), attempt.proof)) {
            case PasswordCheck.Verdict.Right right -> proved(account, attempt);
            case PasswordCheck.Verdict.Wrong wrong -> new Authentication.Refused(wrong(account, attempt), true);
            case PasswordCheck.Verdict.Unclear unclear -> new Authentication.Unavailable(unclear.why());
        };
    }

    private static String wrong(Account account, Attempt attempt) {
        return attempt.proof instanceof Proof.Apop && !(account.password() instanceof StoredPassword.Clear)
                ? "the client used APOP, for which the account must have its password as {PLAIN}"
                : "wrong password";
    }

    private static Authentication proved(Account account, Attempt attempt) {
        Optional<String> objection = account.admission().objection(attempt.client);
        return objection.isEmpty()
                ? new Authentication.Accepted(account)
                : new Authentication.Refused(objection.get(), false);
    }

    /** Takes the time of a real check, and refuses. */
    private Authentication inVain(Attempt attempt, String reason, boolean ordinary) {
        PasswordCheck.Verdict _ = passwords.check(accounts.decoy(attempt.name), attempt.proof);
        return new Authentication.Refused(reason, ordinary);
    }
}
