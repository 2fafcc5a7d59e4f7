package org.postern.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Optional;
import org.postern.mail.Mailbox;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.users.Lookup;

/**
 * Homes by account names, as qmail-getpw(8) finds them: the longest account name that the local part is, or begins with
 * before a dash. An account may be named by a whole address, {@code joe@example.com}; then it gets that domain's mail
 * alone, and before one named {@code joe}. An account counts if its uid is not 0 and its home directory is its own. Otherwise the mail is the
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
    public record Account(String name, int uid, int gid, Path directory) {
        /**
         * What a source of accounts has found.
         *
         * @param self whose rights an account without a uid has
         * @throws IOException where it could not tell
         */
        public static Optional<Account> of(Lookup found, Identity self) throws IOException {
            return switch (found) {
                case Lookup.Found(var account) -> {
                    if (account.home().isEmpty()) {
                        throw new IOException(Octets.word(account.name()) + " has no home");
                    }
                    Identity theirs = account.identityOr(self);
                    yield Optional.of(
                            new Account(account.name(), theirs.uid(), theirs.gid(), Octets.path(account.home())));
                }
                case Lookup.Unknown _ -> Optional.empty();
                case Lookup.Unavailable unavailable -> throw new IOException(unavailable.why());
            };
        }
    }

    @Override
    public Optional<Home> home(Mailbox address) throws IOException {
        String localPart = address.localPart();
        for (int end = localPart.length(); end > 0; end--) {
            boolean whole = end == localPart.length();
            if (whole || localPart.charAt(end) == BREAK) {
                Optional<Account> account = account(localPart.substring(0, end), address.domain());
                if (account.isPresent()) {
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

    /** The account of that name at this domain; otherwise the one without a domain, whose mail every local one is. */
    private Optional<Account> account(String name, String domain) throws IOException {
        Optional<Account> account = domain.isEmpty() ? Optional.empty() : serving(name + "@" + domain);
        return account.isPresent() || name.length() > LONGEST ? account : serving(name);
    }

    private Optional<Account> serving(String name) throws IOException {
        Optional<Account> account = accounts.account(Octets.lowerCase(name));
        return account.isPresent() && ownsItsHome(account.get()) ? account : Optional.empty();
    }

    private static boolean ownsItsHome(Account account) throws IOException {
        if (account.uid == 0) {
            return false;
        }
        try {
            return Files.getAttribute(account.directory, "unix:uid") instanceof Integer owner && owner == account.uid;
        } catch (NoSuchFileException | NotDirectoryException e) {
            return false;
        } catch (IOException e) {
            throw new IOException(
                    "Unable to look at " + Octets.of(account.directory) + ": " + Errno.djbText(e) + ". (#4.3.0)", e);
        }
    }

    private static Home home(Account account, String dash, String extension) {
        return new Home(account.name, account.uid, account.gid, account.directory, dash, extension, dash.isEmpty());
    }
}
