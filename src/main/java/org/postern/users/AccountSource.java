package org.postern.users;

import org.postern.chain.Log;

/** Where accounts come from. Any thread may ask. */
public interface AccountSource {
    /**
     * Looks an account up by the name a client gave.
     *
     * @param log is told what is wrong with the source itself, once
     */
    Lookup find(String name, Log log);

    /**
     * A password to check in vain where there is no account, or none that can be used: the check takes the time that
     * a known account's takes, so a client cannot tell which names exist. The same for the same name.
     */
    StoredPassword decoy(String name);
}
