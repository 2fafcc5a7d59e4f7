package org.postern.relay;

import java.io.IOException;
import java.util.function.Consumer;
import org.postern.tcp.IpAddress;

/**
 * Who may relay, with relay-ctrl's verbs. The store's own clock judges how old a grant is, and only when asked: nothing
 * depends on {@link #age} being run. All of it may be called from any thread.
 */
public interface GrantStore {
    /** Gives or renews the full grant of an address. When this returns, {@link #check} finds it. */
    Allowed allow(IpAddress address, Holder holder);

    /** Whether the address may relay now. Changes nothing. */
    Verdict check(IpAddress address);

    /** Takes a grant back; false where there was none. */
    boolean revoke(IpAddress address) throws IOException;

    /** Removes what has expired. A grant that is renewed meanwhile stays. */
    Aged age() throws IOException;

    /** Shows all grants in force, in no order, without holding them all. */
    void list(Consumer<? super Grant> each) throws IOException;
}
