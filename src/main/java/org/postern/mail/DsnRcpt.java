package org.postern.mail;

/**
 * What the sender says of notices about one recipient: parameters of RCPT (RFC 3461 §4.1, §4.2).
 *
 * @param wanted NOTIFY
 * @param orcpt whom the sender named, {@code rfc822;} and xtext as received; empty where nobody said
 */
public record DsnRcpt(Notify wanted, String orcpt) {
    public static final DsnRcpt NONE = new DsnRcpt(Notify.UNSPECIFIED, "");

    /** RFC 3461 §4.2. */
    public static final int LONGEST_ORCPT = 500;

    private static final String ATOM_SPECIALS = "!#$%&'*+-/=?^_`{|}~";

    public DsnRcpt {
        if (!orcpt.isEmpty() && !isOrcpt(orcpt)) {
            throw new IllegalArgumentException("no original recipient: " + orcpt);
        }
    }

    /** Whether it may be an ORCPT: an atom, a semicolon, and xtext of printable characters. */
    public static boolean isOrcpt(String value) {
        int semicolon = value.indexOf(';');
        return value.length() <= LONGEST_ORCPT
                && semicolon > 0
                && semicolon < value.length() - 1
                && value.substring(0, semicolon).chars().allMatch(DsnRcpt::isAtomChar)
                && Xtext.isPrintable(value.substring(semicolon + 1));
    }

    private static boolean isAtomChar(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || ATOM_SPECIALS.indexOf(c) >= 0;
    }

    /** The original recipient as a report shows it: {@code rfc822; joe@example.com}. */
    public String originalRecipient() {
        int semicolon = orcpt.indexOf(';');
        return orcpt.substring(0, semicolon) + "; "
                + Xtext.decode(orcpt.substring(semicolon + 1)).orElseThrow();
    }

    /** Where nobody has named the original recipient yet: this one, who becomes somebody else (RFC 3461 §5.2.7.1). */
    public DsnRcpt withOriginal(String recipient) {
        String named = "rfc822;" + Xtext.encode(recipient);
        return orcpt.isEmpty() && isOrcpt(named) ? new DsnRcpt(wanted, named) : this;
    }
}
