package org.postern.tool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.auth.Authentication;
import org.postern.auth.Authenticator;
import org.postern.auth.PasswordCheck;
import org.postern.auth.Proof;
import org.postern.chain.Args;
import org.postern.chain.Env;
import org.postern.chain.Log;
import org.postern.chain.Tool;
import org.postern.os.Crypt;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.ThreadIdentity;
import org.postern.tcp.IpAddress;
import org.postern.users.Account;
import org.postern.users.SystemAccounts;

/**
 * {@code checkpassword PROGRAM [ARG ...]}: reads {@code name NUL password NUL timestamp NUL} from descriptor 3, and where
 * the password is right becomes the user and then the program (cr.yp.to/checkpwd/interface.html).
 */
public final class Checkpassword implements Tool {
    private static final int REFUSED = 1;
    private static final int MISUSED = 2;
    private static final int TEMPORARY = 111;
    private static final int MOST_OCTETS = 512;
    private static final int DESCRIPTOR = 3;

    private final AccountFiles accounts;
    private final PasswordCheck passwords;

    public Checkpassword() {
        this(AccountFiles.DEFAULT_FILE, new Nss(), new Crypt());
    }

    Checkpassword(Path defaultFile, Nss nss, Crypt crypt) {
        this.accounts = new AccountFiles(defaultFile, new SystemAccounts(nss, crypt), nss);
        this.passwords = new PasswordCheck(crypt);
    }

    @Override
    public Exit run(Invocation call) {
        if (call.args().arguments().isEmpty()) {
            return Exit.code(MISUSED);
        }
        try (InputStream input = call.fds().input(DESCRIPTOR)) {
            String octets = Octets.of(input.readNBytes(MOST_OCTETS + 1));
            if (octets.length() > MOST_OCTETS) {
                return Exit.code(REFUSED);
            }
            Optional<Offer> offer = Offer.parse(octets);
            return offer.isEmpty() ? Exit.code(MISUSED) : login(offer.get(), call);
        } catch (IOException e) {
            return temporary(call, Errno.djbText(e));
        }
    }

    /** What stands on descriptor 3. The timestamp may be missing, as the original never looks at it. */
    private record Offer(String name, String password, String timestamp) {
        static Optional<Offer> parse(String octets) {
            String[] fields = octets.split("\0", -1);
            // Two of them end in NUL: behind the second there is at least an empty third.
            return fields.length < 3 ? Optional.empty() : Optional.of(new Offer(fields[0], fields[1], fields[2]));
        }
    }

    private Exit login(Offer offer, Invocation call) throws IOException {
        Authenticator authenticator = new Authenticator(accounts.of(call), passwords, call.identity());
        Proof proof = new Proof.PasswordOrApop(offer.password, offer.timestamp);
        String name = Octets.word(offer.name);
        return switch (authenticator.authenticate(
                new Authenticator.Attempt(offer.name, proof, client(call.env())), warnings(call))) {
            case Authentication.Accepted accepted -> become(accepted.account(), call);
            case Authentication.Refused refused -> {
                if (!refused.ordinary()) {
                    call.fds().log().line("checkpassword: " + name + " refused: " + refused.reason());
                }
                yield Exit.code(REFUSED);
            }
            case Authentication.Unavailable unavailable ->
                temporary(call, "unable to check " + name + ": " + unavailable.reason());
        };
    }

    private static Exit become(Account account, Invocation call) {
        Identity own = call.identity();
        Optional<String> obstacle = account.obstacle(own);
        if (obstacle.isPresent()) {
            return temporary(call, obstacle.get());
        }
        Identity theirs = account.identityOr(own);
        if (theirs.uid() == own.uid()) {
            // Not root, so neither groups nor anything else can be changed.
            theirs = own;
        }
        Path home = call.path(account.home());
        try {
            enter(home, theirs, own);
        } catch (IOException e) {
            return temporary(call, "unable to switch to " + account.home() + ": " + Errno.djbText(e));
        }
        Args next = new Args(call.args().arguments());
        Env env = call.env().withAll(Map.of("USER", account.name(), "HOME", account.home(), "SHELL", account.shell()));
        return new Exit.Exec(
                next,
                env,
                home,
                theirs,
                call.fds().without(DESCRIPTOR),
                e -> temporary(call, "unable to run " + next.program() + ": " + Errno.djbText(e)));
    }

    /** What chdir would say with the user's rights: the working directory of a chain is a value, nothing is entered. */
    private static void enter(Path home, Identity theirs, Identity own) throws IOException {
        if (theirs.equals(own)) {
            FilesAt.Status _ = enter(home);
            return;
        }
        try {
            FilesAt.Status _ = ThreadIdentity.as(theirs, () -> enter(home));
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e.toString(), e);
        }
    }

    /** Looking at the directory's own entry for itself takes the right that chdir takes, and a directory. */
    private static FilesAt.Status enter(Path home) throws OsException {
        return FilesAt.find(FilesAt.WORKING_DIRECTORY, Octets.of(home) + "/.").orThrow();
    }

    private static @Nullable IpAddress client(Env env) {
        return env.find("TCPREMOTEIP").flatMap(IpAddress::parse).orElse(null);
    }

    private static Log warnings(Invocation call) {
        return line -> call.fds().log().line("checkpassword: " + line);
    }

    private static Exit temporary(Invocation call, String why) {
        call.fds().log().line("checkpassword: fatal: " + why);
        return Exit.code(TEMPORARY);
    }
}
