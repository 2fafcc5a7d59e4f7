package org.postern.auth;

import org.postern.users.Account;

/** What a login came to. */
public sealed interface Authentication {
    record Accepted(Account account) implements Authentication {}

    /**
     * No. A client is told nothing more.
     *
     * @param reason for the log
     * @param ordinary a wrong name or password, as every day brings; otherwise the administrator should see it
     */
    record Refused(String reason, boolean ordinary) implements Authentication {}

    /**
     * Neither yes nor no: try again later.
     *
     * @param reason for the log, with what to do
     */
    record Unavailable(String reason) implements Authentication {}
}
