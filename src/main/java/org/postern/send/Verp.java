package org.postern.send;

/** Senders that name the recipient (VERP): a sender {@code list-@host-@[]} gets {@code list-user=domain@host} for each. */
final class Verp {
    private static final String MARK = "-@[]";

    private Verp() {}

    /** The sender for one recipient: qmail-send's senderadd(). */
    static String sender(String sender, String recipient) {
        if (!sender.endsWith(MARK)) {
            return sender;
        }
        String list = sender.substring(0, sender.length() - MARK.length());
        int listAt = list.lastIndexOf('@');
        int at = recipient.lastIndexOf('@');
        if (listAt < 0 || at < 0) {
            return sender;
        }
        return list.substring(0, listAt) + recipient.substring(0, at) + "=" + recipient.substring(at + 1)
                + list.substring(listAt);
    }

    /** Who gets the bounce: not each recipient's address, but the list's. */
    static String bounceRecipient(String sender) {
        return sender.endsWith(MARK) ? sender.substring(0, sender.length() - MARK.length()) : sender;
    }
}
