package org.postern.users;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Log;
import org.postern.os.Crypt;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.os.Octets;

/**
 * The system's own accounts: passwd(5), shadow(5) and group(5), from wherever nsswitch.conf says. A login shell is not
 * looked at: those who only fetch mail often have /usr/sbin/nologin.
 */
public final class SystemAccounts implements AccountSource {
    private static final long SECONDS_A_DAY = 86_400;
    private static final String NOT_ROOT = "its password is in /etc/shadow, which has no line for it or can be read by"
            + " root alone: run this as root (tcpserver without -u), or use a file of accounts (CHECKPASSWORD_FILE)";

    private final Nss nss;
    private final Crypt crypt;
    private final InstantSource clock;

    /** The password hash that was looked up last: what an unknown name's check is made to cost. */
    private volatile @Nullable StoredPassword lastSeen;

    public SystemAccounts(Nss nss, Crypt crypt) {
        this(nss, crypt, InstantSource.system());
    }

    SystemAccounts(Nss nss, Crypt crypt, InstantSource clock) {
        this.nss = nss;
        this.crypt = crypt;
        this.clock = clock;
    }

    @Override
    public Lookup find(String name, Log log) {
        if (name.isEmpty() || name.chars().anyMatch(c -> c <= ' ' || c == ':' || c == 127)) {
            return new Lookup.Unknown();
        }
        try {
            Optional<Nss.Passwd> passwd = nss.passwd(name);
            Optional<Nss.Shadow> shadow = nss.shadow(name);
            // Asked for unknown names too, so that these cost the same.
            List<Integer> groups = nss.groups(name, passwd.map(Nss.Passwd::gid).orElse(-1));
            if (passwd.isEmpty()) {
                return new Lookup.Unknown();
            }
            // Where a service follows "files" in nsswitch.conf, a shadow file that cannot be read looks like none.
            return shadow.isEmpty() && passwd.get().password().equals("x")
                    ? unavailable(name, NOT_ROOT)
                    : new Lookup.Found(account(passwd.get(), shadow, groups));
        } catch (IOException e) {
            return unavailable(
                    name,
                    Errno.of(e) == Errno.EACCES ? NOT_ROOT : e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private static Lookup unavailable(String name, String why) {
        return new Lookup.Unavailable("unable to look up " + Octets.word(name) + ": " + why);
    }

    private Account account(Nss.Passwd passwd, Optional<Nss.Shadow> shadow, List<Integer> groups) {
        StoredPassword password =
                PasswordField.ofSystem(shadow.map(Nss.Shadow::password).orElse(passwd.password()));
        if (password instanceof StoredPassword.Crypted) {
            lastSeen = password;
        }
        return new Account(
                passwd.name(),
                new Identity(passwd.uid(), passwd.gid(), groups),
                passwd.home(),
                passwd.shell(),
                password,
                shadow.map(s -> admission(s, clock.instant().getEpochSecond() / SECONDS_A_DAY))
                        .orElse(new Admission.Open()));
    }

    /** As pam_unix(8) has it at login; POP has no way to change a password that must be changed. */
    static Admission admission(Nss.Shadow s, long today) {
        if (s.expireDay() >= 0 && today >= s.expireDay()) {
            return new Admission.Closed("the account has expired: chage -E -1 " + s.name());
        }
        if (s.lastChange() == 0) {
            return new Admission.Closed("its password must be changed at the next login: chage -l " + s.name());
        }
        if (s.lastChange() > 0 && s.mostDays() >= 0 && today > s.lastChange() + s.mostDays()) {
            return new Admission.Closed("its password has expired: chage -l " + s.name());
        }
        return new Admission.Open();
    }

    /**
     * The hash seen last, or a new setting of the scheme the system prefers. Weakness: on a system whose accounts have
     * several schemes, an unknown name costs what one of them costs; all passwords of one scheme hide it fully.
     */
    @Override
    public StoredPassword decoy(String name) {
        StoredPassword seen = lastSeen;
        if (seen != null) {
            return seen;
        }
        try {
            return crypt.preferredSetting()
                    .<StoredPassword>map(StoredPassword.Crypted::new)
                    .orElse(new StoredPassword.Locked("crypt(3) names no scheme"));
        } catch (IOException e) {
            return new StoredPassword.Locked("no crypt(3)");
        }
    }
}
