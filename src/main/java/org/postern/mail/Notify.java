package org.postern.mail;

import java.util.Optional;
import org.postern.os.Octets;

/**
 * When the sender wants to hear of a recipient: NOTIFY of RCPT (RFC 3461 §4.1).
 *
 * @param given whether he said so; where he did not, he hears of failures, and of delays as this site has it
 */
public record Notify(boolean given, boolean success, boolean failure, boolean delay) {
    /** Nothing was said. */
    public static final Notify UNSPECIFIED = new Notify(false, false, true, true);

    /** Whatever becomes of it. */
    public static final Notify NEVER = new Notify(true, false, false, false);

    public Notify {
        if (!given && (success || !failure || !delay)) {
            throw new IllegalArgumentException("NOTIFY was not given and says something");
        }
    }

    /** Reads NEVER, or a list of SUCCESS, FAILURE and DELAY in any order and case; empty for anything else. */
    public static Optional<Notify> parse(String value) {
        if (Octets.upperCase(value).equals("NEVER")) {
            return Optional.of(NEVER);
        }
        boolean success = false;
        boolean failure = false;
        boolean delay = false;
        for (String keyword : value.split(",", -1)) {
            switch (Octets.upperCase(keyword)) {
                case "SUCCESS" -> success = true;
                case "FAILURE" -> failure = true;
                case "DELAY" -> delay = true;
                default -> {
                    return Optional.empty();
                }
            }
        }
        return Optional.of(new Notify(true, success, failure, delay));
    }

    /** The same for those that this one becomes, where a notice of success is somebody else's to give. */
    public Notify withoutSuccess() {
        return given ? new Notify(true, false, failure, delay) : this;
    }

    /** As it stands in a command; empty where nothing was said. */
    @Override
    public String toString() {
        if (!given) {
            return "";
        }
        String list = (success ? ",SUCCESS" : "") + (failure ? ",FAILURE" : "") + (delay ? ",DELAY" : "");
        return list.isEmpty() ? "NEVER" : list.substring(1);
    }
}
