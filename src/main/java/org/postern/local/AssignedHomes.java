package org.postern.local;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.postern.mail.Mailbox;
import org.postern.os.Octets;
import org.postern.users.Assignment;
import org.postern.users.Assignments;

/**
 * Homes by users/cdb first, as qmail-lspawn(8) has it: what is assigned there is not looked up anywhere else.
 *
 * @param base what a relative home directory is taken from: qmail's own
 * @param others whose turn it is for all other addresses
 */
public record AssignedHomes(Assignments assignments, Path base, Homes others) implements Homes {
    @Override
    public Optional<Home> home(Mailbox address) throws IOException {
        Optional<Assignment> assignment = assignments.find(address.localPart());
        return assignment.isPresent() ? Optional.of(home(assignment.get())) : others.home(address);
    }

    private Home home(Assignment a) throws IOException {
        try {
            Path directory = base.resolve(Octets.path(a.home()));
            return new Home(a.user(), a.uid(), a.gid(), directory, a.dash(), a.extension(), a.exact());
        } catch (InvalidPathException e) {
            throw new IOException("The home of " + a.user() + " is no path. (#4.3.0)", e);
        }
    }
}
