package org.postern.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;
import org.postern.os.Octets;

/**
 * Homes by account names, as qmail-getpw(8) finds them: the longest account name that the local part is, or begins with
 * before a dash. An account counts if its uid is not 0 and its home directory is its own. Otherwise the mail is the
 * alias user's.
 *
 * @param accounts the accounts, by name in lower case
 * @param alias the alias user's account name; without one, mail for unknown users bounces
 */
public record AccountHomes(Accounts accounts, Optional<String> alias) implements Homes {
    /** The longest name looked up (GETPW_USERLEN). */
    private static final int LONGEST = 31;

    private static final char BREAK = '-';

    /** Where accounts are found. */
    @FunctionalInterface
    public interface Accounts {
        Optional<Account> account(String name) throws IOException;
    }

    /** An account as far as delivery needs it. */
    public record Account(String name, int uid, int gid, Path directory) {}

    @Override
    public Optional<Home> home(String localPart) throws IOException {
        for (int end = localPart.length(); end > 0; end--) {
            boolean whole = end == localPart.length();
            if (end <= LONGEST && (whole || localPart.charAt(end) == BREAK)) {
                String name = Octets.lowerCase(localPart.substring(0, end));
                Optional<Account> account = accounts.account(name);
                if (account.isPresent() && ownsItsHome(account.get())) {
                    return Optional.of(
                            whole
                                    ? home(account.get(), "", "")
                                    : home(account.get(), "-", localPart.substring(end + 1)));
                }
            }
        }
        if (alias.isEmpty()) {
            return Optional.empty();
        }
        Account catchAll =
                accounts.account(alias.get()).orElseThrow(() -> new IOException("Unable to find alias user!"));
        return Optional.of(home(catchAll, "-", localPart));
    }

    private static boolean ownsItsHome(Account account) throws IOException {
        if (account.uid == 0) {
            return false;
        }
        try {
            return Files.getAttribute(account.directory, "unix:uid") instanceof Integer owner && owner == account.uid;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return false;
        }
    }

    private static Home home(Account account, String dash, String extension) {
        return new Home(account.name, account.uid, account.gid, account.directory, dash, extension);
    }
}
