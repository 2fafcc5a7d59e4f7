package org.postern.relay;

import org.jspecify.annotations.Nullable;

/**
 * Who proved a password: what relay-ctrl keeps of USER and DOMAIN. Octet strings that have been checked, so that they
 * may go into a log, a header or an environment.
 *
 * @param user null where it was not set
 * @param domain null where it was not set
 */
public record Holder(@Nullable String user, @Nullable String domain) {
    /** A mail address has 254 octets at most (RFC 5321 §4.5.3.1); this leaves room for what others call a user. */
    public static final int MAX_OCTETS = 512;

    /** Nobody in particular: the file of an address alone. */
    public static final Holder UNNAMED = new Holder(null, null);

    public Holder {
        if (!isFit(user) || !isFit(domain)) {
            throw new IllegalArgumentException("a control character, or more than " + MAX_OCTETS + " octets");
        }
    }

    /** Takes what is fit and leaves out the rest. */
    public static Holder ofFit(@Nullable String user, @Nullable String domain) {
        return new Holder(isFit(user) ? user : null, isFit(domain) ? domain : null);
    }

    /** Whether the value has no control octet and a bounded length; nothing at all is fit, too. */
    public static boolean isFit(@Nullable String value) {
        return value == null
                || value.length() <= MAX_OCTETS && value.chars().allMatch(c -> c >= ' ' && c != 0x7f && c <= 0xff);
    }
}
