package org.postern.mail;

import java.util.Optional;
import org.postern.os.Octets;

/**
 * What the sender says of notices about a message: parameters of MAIL (RFC 3461 §4.3, §4.4).
 *
 * @param envid the sender's name for the message, xtext as received; empty: none
 */
public record DsnMail(Ret ret, String envid) {
    public static final DsnMail NONE = new DsnMail(Ret.UNSPECIFIED, "");

    /** RFC 3461 §4.4. */
    public static final int LONGEST_ENVID = 100;

    /** How much of the message a notice of its failure brings back. */
    public enum Ret {
        UNSPECIFIED,
        FULL,
        HDRS;

        /** Reads FULL or HDRS, in any case; empty for anything else. */
        public static Optional<Ret> parse(String value) {
            return switch (Octets.upperCase(value)) {
                case "FULL" -> Optional.of(FULL);
                case "HDRS" -> Optional.of(HDRS);
                default -> Optional.empty();
            };
        }
    }

    public DsnMail {
        if (!envid.isEmpty() && !isEnvid(envid)) {
            throw new IllegalArgumentException("no envelope id: " + envid);
        }
    }

    /** Whether it may be an ENVID: xtext of printable characters, not too long. */
    public static boolean isEnvid(String xtext) {
        return !xtext.isEmpty() && xtext.length() <= LONGEST_ENVID && Xtext.isPrintable(xtext);
    }

    /** The envelope id as a report shows it. */
    public String envelopeId() {
        return Xtext.decode(envid).orElseThrow();
    }
}
