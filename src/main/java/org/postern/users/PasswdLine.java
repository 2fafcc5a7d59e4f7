package org.postern.users;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.postern.os.Identity;
import org.postern.os.Nss;
import org.postern.os.Octets;

/**
 * A line of Dovecot's passwd-file: {@code name:{SCHEME}hash:uid:gid:gecos:home:shell:key=value …}. Of the keys, those
 * count that narrow who may log in: {@code nologin}, {@code allow_nets}.
 */
sealed interface PasswdLine {
    int LONGEST_NAME = 255;

    /** An account. */
    record Good(Account account) implements PasswdLine {}

    /**
     * A line that is no account.
     *
     * @param name the account it was meant for; empty where even that is missing
     * @param why what is wrong, and what would be right
     */
    record Bad(String name, String why) implements PasswdLine {}

    /** Empty, or a comment. */
    record Blank() implements PasswdLine {}

    /**
     * Reads a line.
     *
     * @param names looks up owners that are named instead of numbered
     * @throws IOException when such a look-up has no answer now
     */
    static PasswdLine parse(String line, Nss names) throws IOException {
        String text = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
        if (text.isBlank() || text.charAt(0) == '#') {
            return new Blank();
        }
        String[] fields = text.split(":", 8);
        String name = fields[0];
        if (!isName(name)) {
            return new Bad(
                    "",
                    "the name before the first colon is "
                            + (name.isEmpty() ? "empty" : "too long, or has blanks or control characters"));
        }
        if (fields.length < 2) {
            return new Bad(name, "there is no colon: wanted is name:{SCHEME}hash:uid:gid:gecos:home:shell");
        }
        if (text.indexOf('\0') >= 0) {
            return new Bad(name, "there is a NUL octet in it");
        }
        StoredPassword password = PasswordField.ofFile(fields[1]);
        if (password instanceof StoredPassword.NotSupported broken) {
            return new Bad(name, broken.why());
        }
        String home = field(fields, 5);
        if (!home.isEmpty() && home.charAt(0) != '/') {
            return new Bad(name, "the home " + Octets.word(home) + " does not begin with /");
        }
        Optional<Admission> admission = admission(field(fields, 7));
        if (admission.isEmpty()) {
            return new Bad(name, "allow_nets is no list of addresses or networks, as 192.0.2.0/24,2001:db8::/32");
        }
        return owned(
                fields,
                names,
                identity -> new Account(name, identity, home, field(fields, 6), password, admission.get()));
    }

    @FunctionalInterface
    interface Owned {
        Account by(@Nullable Identity identity);
    }

    private static PasswdLine owned(String[] fields, Nss names, Owned account) throws IOException {
        String name = fields[0];
        String user = field(fields, 2);
        String group = field(fields, 3);
        if (user.isEmpty() && group.isEmpty()) {
            return new Good(account.by(null));
        }
        if (user.isEmpty() || group.isEmpty()) {
            return new Bad(name, "it has a " + (user.isEmpty() ? "gid and no uid" : "uid and no gid"));
        }
        OptionalInt uidNumber = Identity.id(user);
        Optional<Integer> uid = uidNumber.isPresent()
                ? Optional.of(uidNumber.getAsInt())
                : names.passwd(user).map(Nss.Passwd::uid);
        OptionalInt gidNumber = Identity.id(group);
        Optional<Integer> gid = gidNumber.isPresent() ? Optional.of(gidNumber.getAsInt()) : names.gid(group);
        if (uid.isEmpty()) {
            return new Bad(name, "the uid " + Octets.word(user) + " is neither a number nor a user of the system");
        }
        if (gid.isEmpty()) {
            return new Bad(name, "the gid " + Octets.word(group) + " is neither a number nor a group of the system");
        }
        return new Good(account.by(new Identity(uid.get(), gid.get(), List.of(gid.get()))));
    }

    private static boolean isName(String name) {
        return !name.isEmpty() && name.length() <= LONGEST_NAME && name.chars().allMatch(c -> c > ' ' && c != 127);
    }

    private static String field(String[] fields, int index) {
        return index < fields.length ? fields[index] : "";
    }

    /** What the keys say; empty where one of them is broken. */
    private static Optional<Admission> admission(String keys) {
        Optional<Admission> admission = Optional.of(new Admission.Open());
        for (String key : keys.split("[ \t]+", -1)) {
            if (key.equals("nologin") || key.startsWith("nologin=")) {
                return Optional.of(new Admission.Closed("it is marked nologin"));
            }
            if (key.startsWith("allow_nets=")) {
                admission = Admission.onlyFrom(key.substring("allow_nets=".length()));
                if (admission.isEmpty()) {
                    return admission;
                }
            }
        }
        return admission;
    }
}
