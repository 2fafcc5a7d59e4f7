package org.postern.users;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.postern.chain.Log;
import org.postern.os.Nss;
import org.postern.os.Octets;

/** What a passwd-file holds: its accounts by name, and for a name whose line is broken what is wrong with it. */
final class PasswdEntries {
    private static final int LONGEST_LINE = 8192;
    private static final int MOST_TOLD = 20;

    private final Map<String, Lookup> accounts = new HashMap<>();
    private final List<StoredPassword> decoys = new ArrayList<>();
    private final byte[] key;

    private PasswdEntries(String text) {
        key = digest(Octets.bytes(text));
    }

    /**
     * Reads all lines. A broken one keeps nobody else out.
     *
     * @param file its name, for what the log is told
     * @throws IOException when the owner of an account cannot be looked up now
     */
    static PasswdEntries parse(String text, String file, Nss names, Log log) throws IOException {
        PasswdEntries entries = new PasswdEntries(text);
        int problems = 0;
        int number = 0;
        for (int at = 0; at < text.length(); ) {
            int end = text.indexOf('\n', at);
            end = end < 0 ? text.length() : end;
            number++;
            PasswdLine line = end - at > LONGEST_LINE
                    ? new PasswdLine.Bad("", "it is longer than " + LONGEST_LINE + " octets")
                    : PasswdLine.parse(text.substring(at, end), names);
            at = end + 1;
            if (entries.add(line, file + ", line " + number) instanceof Added.Problem problem
                    && ++problems <= MOST_TOLD) {
                log.line("warning: " + problem.what);
            }
        }
        if (problems > MOST_TOLD) {
            log.line("warning: " + file + ": " + (problems - MOST_TOLD) + " more such lines");
        }
        return entries;
    }

    private sealed interface Added {
        record Fine() implements Added {}

        record Problem(String what) implements Added {}
    }

    private Added add(PasswdLine line, String where) {
        return switch (line) {
            case PasswdLine.Blank blank -> new Added.Fine();
            case PasswdLine.Bad bad -> {
                String what =
                        where + ": " + Octets.word(bad.name()) + (bad.name().isEmpty() ? "" : ": ") + bad.why();
                accounts.putIfAbsent(bad.name(), new Lookup.Unavailable(what));
                yield new Added.Problem(what);
            }
            case PasswdLine.Good good -> {
                Account account = good.account();
                if (accounts.putIfAbsent(account.name(), new Lookup.Found(account)) != null) {
                    yield new Added.Problem(where + ": " + Octets.word(account.name())
                            + " stands in an earlier line already; this one is ignored");
                }
                if (!(account.password() instanceof StoredPassword.Locked)) {
                    decoys.add(account.password());
                }
                yield new Added.Fine();
            }
        };
    }

    /** Whether this is what was read. */
    boolean isOf(String text) {
        return Arrays.equals(key, digest(Octets.bytes(text)));
    }

    Lookup find(String name) {
        Lookup found = accounts.get(name);
        if (found == null) {
            // Dovecot looks for the name in lower case (auth_username_format = %Lu).
            found = accounts.get(Octets.lowerCase(name));
        }
        return found == null || name.isEmpty() ? new Lookup.Unknown() : found;
    }

    StoredPassword decoy(String name) {
        if (decoys.isEmpty()) {
            return new StoredPassword.Locked("there is no account with a password");
        }
        byte[] pick = digest(key, Octets.bytes(name));
        int number = (pick[0] & 0xff) << 16 | (pick[1] & 0xff) << 8 | pick[2] & 0xff;
        return decoys.get(number % decoys.size());
    }

    private static byte[] digest(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
