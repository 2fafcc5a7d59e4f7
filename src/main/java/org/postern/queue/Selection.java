package org.postern.queue;

import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.postern.mail.Mailbox;

/**
 * Which messages are meant, and of them which recipients. Of each kind one pattern must match; a kind without patterns
 * matches all.
 *
 * @param ids the number in the log, the one that the client was told, or the file's name
 * @param senders {@code <>} or nothing: bounces
 * @param recipients addresses
 * @param destinations the domains of recipients
 */
public record Selection(List<Glob> ids, List<Glob> senders, List<Glob> recipients, List<Glob> destinations) {
    /** More patterns than this are refused. */
    public static final int MOST_PATTERNS = 1000;

    /** The whole queue. */
    public static final Selection ALL = new Selection(List.of(), List.of(), List.of(), List.of());

    public Selection {
        ids = List.copyOf(ids);
        senders = List.copyOf(senders);
        recipients = List.copyOf(recipients);
        destinations = List.copyOf(destinations);
        if (Stream.of(ids, senders, recipients, destinations)
                        .mapToInt(List::size)
                        .sum()
                > MOST_PATTERNS) {
            throw new IllegalArgumentException("more than " + MOST_PATTERNS + " patterns");
        }
    }

    /** From octet strings. */
    public static Selection of(
            List<String> ids, List<String> senders, List<String> recipients, List<String> destinations) {
        return new Selection(globs(ids), globs(senders), globs(recipients), globs(destinations));
    }

    private static List<Glob> globs(List<String> texts) {
        return texts.stream().map(Glob::new).toList();
    }

    /** Says no where that can be said without the envelope. */
    public boolean mayMatch(MessageName name) {
        // The number that the client was told stands in the envelope, and is in the name where it is another one.
        return isAny(ids, Long.toString(name.id())) || isAny(ids, name.text()) || isAny(ids, name.told());
    }

    public boolean matches(Listed message) {
        return mayMatch(message.name())
                && (isAny(senders, message.sender()) || (message.sender().isEmpty() && isAny(senders, "<>")))
                && (isEveryRecipient() || matchesARecipient(message));
    }

    private boolean matchesARecipient(Listed message) {
        for (Listed.Recipient recipient : message.recipients()) {
            if (!recipient.finished() && matches(recipient.address())) {
                return true;
            }
        }
        return false;
    }

    /** The numbers of the recipients that are meant and not finished. */
    public BitSet recipientsOf(Listed message) {
        BitSet meant = new BitSet();
        for (Listed.Recipient recipient : message.recipients()) {
            if (!recipient.finished() && matches(recipient.address())) {
                meant.set(recipient.number());
            }
        }
        return meant;
    }

    /** No recipient is left out: what is done is done to the message. */
    public boolean isEveryRecipient() {
        return recipients.isEmpty() && destinations.isEmpty();
    }

    private boolean matches(String address) {
        return isAny(recipients, address)
                && isAny(destinations, Mailbox.of(address).domain());
    }

    private static boolean isAny(List<Glob> patterns, String value) {
        return patterns.isEmpty() || patterns.stream().anyMatch(p -> p.matches(value));
    }
}
