package org.postern.mail;

/**
 * An address, split at its last @.
 *
 * @param localPart an octet string, without quoting
 * @param domain an octet string; empty where the address has no @
 */
public record Mailbox(String localPart, String domain) {
    public static Mailbox of(String address) {
        int at = address.lastIndexOf('@');
        return at < 0 ? new Mailbox(address, "") : new Mailbox(address.substring(0, at), address.substring(at + 1));
    }

    @Override
    public String toString() {
        return domain.isEmpty() ? localPart : localPart + "@" + domain;
    }
}
