package org.postern.auth;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.postern.os.Crypt;
import org.postern.os.Octets;
import org.postern.users.StoredPassword;

/** Compares what a client offers with what an account keeps. Comparing takes the same time wherever the two differ. */
public final class PasswordCheck {
    private final Crypt crypt;

    public PasswordCheck(Crypt crypt) {
        this.crypt = crypt;
    }

    /** What the comparison came to. */
    public sealed interface Verdict {
        record Right() implements Verdict {}

        record Wrong() implements Verdict {}

        /**
         * It cannot be told.
         *
         * @param why for the log, with what to do
         */
        record Unclear(String why) implements Verdict {}
    }

    public Verdict check(StoredPassword stored, Proof proof) {
        return switch (stored) {
            case StoredPassword.Clear clear -> verdict(isClear(clear.password(), proof));
            case StoredPassword.Crypted crypted ->
                switch (proof) {
                    case Proof.Password p -> crypted(crypted, p.octets());
                    case Proof.PasswordOrApop p -> crypted(crypted, p.octets());
                    case Proof.Apop p -> new Verdict.Wrong();
                };
            case StoredPassword.Digested digested ->
                switch (proof) {
                    case Proof.Password p -> verdict(isDigest(digested, p.octets()));
                    case Proof.PasswordOrApop p -> verdict(isDigest(digested, p.octets()));
                    case Proof.Apop p -> new Verdict.Wrong();
                };
            case StoredPassword.Locked locked -> new Verdict.Wrong();
            case StoredPassword.NotSupported form -> new Verdict.Unclear(form.why());
        };
    }

    private static Verdict verdict(boolean right) {
        return right ? new Verdict.Right() : new Verdict.Wrong();
    }

    private static boolean isClear(String password, Proof proof) {
        return switch (proof) {
            case Proof.Password p -> same(password, p.octets());
            case Proof.Apop p -> isApop(password, p.digest(), p.timestamp());
            case Proof.PasswordOrApop p -> {
                // Both are computed, whichever is right.
                boolean digest = isApop(password, p.octets(), p.timestamp());
                boolean itself = same(password, p.octets());
                yield itself || digest;
            }
        };
    }

    /** RFC 1939 §7: the digest of the timestamp, angle brackets included, followed by the shared secret. */
    private static boolean isApop(String password, String digest, String timestamp) {
        boolean right = same(HexFormat.of().formatHex(digest("MD5", timestamp + password)), digest);
        return right && Proof.isTimestamp(timestamp);
    }

    private static boolean isDigest(StoredPassword.Digested stored, String password) {
        byte[] made = digest(stored.algorithm(), password + stored.salt());
        return MessageDigest.isEqual(Octets.bytes(stored.digest()), made);
    }

    private Verdict crypted(StoredPassword.Crypted stored, String password) {
        if (password.length() > Crypt.LONGEST_PHRASE) {
            return new Verdict.Wrong();
        }
        try {
            return switch (crypt.hash(password, stored.hash())) {
                case Crypt.Result.Hash made -> verdict(same(stored.hash(), made.octets()));
                case Crypt.Result.NotSupported not ->
                    new Verdict.Unclear(
                            "its password has a form that " + not.library() + " does not know: " + stored.scheme());
                case Crypt.Result.NoLibrary none -> new Verdict.Unclear(none.remedy());
            };
        } catch (IOException e) {
            return new Verdict.Unclear(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(Octets.bytes(one), Octets.bytes(other));
    }

    private static byte[] digest(String algorithm, String octets) {
        try {
            return MessageDigest.getInstance(algorithm).digest(Octets.bytes(octets));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
