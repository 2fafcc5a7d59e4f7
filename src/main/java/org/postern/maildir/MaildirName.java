package org.postern.maildir;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.OptionalLong;
import org.postern.os.Octets;

/**
 * A message's file name in new/ or cur/, as {@code 1700000000.M42P7.host,S=1234,W=1260:2,RS}.
 *
 * @param base all before the first colon: it stays as it is for as long as the message lives
 * @param info the colon and what follows, or nothing
 */
public record MaildirName(String base, String info) implements Comparable<MaildirName> {
    private static final String FLAGS = ":2,";
    private static final Comparator<MaildirName> ORDER =
            Comparator.comparing(MaildirName::base).thenComparing(MaildirName::info);

    /** RFC 1939 §7: a unique-id has 1 to 70 characters in the range 0x21 to 0x7E. */
    private static final int UID_OCTETS = 70;

    /** More digits than any size has. */
    private static final int DIGITS = 18;

    /** Reads a file name, any octets. */
    public static MaildirName of(String fileName) {
        int colon = fileName.indexOf(':');
        return colon < 0
                ? new MaildirName(fileName, "")
                : new MaildirName(fileName.substring(0, colon), fileName.substring(colon));
    }

    /** Maildir++'s {@code S=}: the size of the file. */
    public OptionalLong octets() {
        return field(",S=");
    }

    /** Maildir++'s {@code W=}: the size with every line ended by CR LF, as it is sent. */
    public OptionalLong wireOctets() {
        return field(",W=");
    }

    /**
     * What the name says about the size as sent; empty where it says nothing, or something that the file belies.
     *
     * @param fileOctets the size the file really has
     */
    public OptionalLong wireOctets(long fileOctets) {
        OptionalLong wire = wireOctets();
        boolean believable = octets().equals(OptionalLong.of(fileOctets))
                && wire.isPresent()
                && wire.getAsLong() >= fileOctets
                && wire.getAsLong() - 2 <= 2 * fileOctets;
        return believable ? wire : OptionalLong.empty();
    }

    private OptionalLong field(String key) {
        int at = base.indexOf(key);
        if (at < 0) {
            return OptionalLong.empty();
        }
        int from = at + key.length();
        int to = base.indexOf(',', from) < 0 ? base.length() : base.indexOf(',', from);
        String digits = base.substring(from, to);
        boolean number =
                !digits.isEmpty() && digits.length() <= DIGITS && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? OptionalLong.of(Long.parseLong(digits)) : OptionalLong.empty();
    }

    /** The flags behind {@code :2,}. */
    public String flags() {
        return info.startsWith(FLAGS) ? info.substring(FLAGS.length()) : "";
    }

    /** The same message with one flag more; flags stand in ASCII order. */
    public MaildirName with(char flag) {
        if (!info.startsWith(FLAGS)) {
            return new MaildirName(base, info + FLAGS + flag);
        }
        if (flags().indexOf(flag) >= 0) {
            return this;
        }
        StringBuilder sorted = new StringBuilder(FLAGS);
        (flags() + flag).chars().sorted().forEach(c -> sorted.append((char) c));
        return new MaildirName(base, sorted.toString());
    }

    /** The message's POP3 unique-id: the base, or a hash of it where RFC 1939 does not allow that. */
    public String uid() {
        boolean allowed =
                !base.isEmpty() && base.length() <= UID_OCTETS && base.chars().allMatch(c -> c > 0x20 && c < 0x7f);
        return allowed ? base : hash(base);
    }

    private static String hash(String octets) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Octets.bytes(octets)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public int compareTo(MaildirName other) {
        return ORDER.compare(this, other);
    }

    /** The file name. */
    @Override
    public String toString() {
        return base + info;
    }
}
