package org.postern.users;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.os.Identity;
import org.postern.os.Octets;

/**
 * Someone who may log in and has a home.
 *
 * @param name an octet string, as the source of accounts has it
 * @param identity whose rights serve it; null where the source names none: those of the process that asks
 * @param home its directory, an octet string; empty where the source names none
 * @param shell its shell, an octet string
 * @param password what its password is checked against
 * @param admission whether, and from where, it may be used
 */
public record Account(
        String name,
        @Nullable Identity identity,
        String home,
        String shell,
        StoredPassword password,
        Admission admission) {
    /** Whose rights serve it, where this is the identity of who asks. */
    public Identity identityOr(Identity own) {
        return identity == null ? own : identity;
    }

    /**
     * Why a process with this identity cannot serve it, for the administrator; empty where it can.
     *
     * @param own whose rights the process has
     */
    public Optional<String> obstacle(Identity own) {
        String shown = Octets.word(name);
        Identity theirs = identityOr(own);
        if (theirs.uid() != own.uid() && !own.isRoot()) {
            return Optional.of(shown + " has uid " + theirs.uid() + ", and this runs as uid " + own.uid()
                    + ": run it as root (tcpserver without -u), or give " + shown + " that uid in a file of accounts");
        }
        return home.isEmpty() ? Optional.of(shown + " has no home") : Optional.empty();
    }
}
