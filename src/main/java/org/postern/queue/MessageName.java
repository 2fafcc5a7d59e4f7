package org.postern.queue;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * A message's name in the queue, the same from the drop to the last delivery: {@code ID-TOKEN}. Where its id was in
 * use when it was taken, it is {@code NEWID-ID-TOKEN} from then on.
 *
 * @param id what the log calls the message
 * @param text the file's name
 */
public record MessageName(long id, String text) {
    private static final int MOST_DIGITS = 18;
    private static final int TOKEN = 16;

    /** The oldest first. Two may have one id, where the clock was put back between two starts. */
    static final Comparator<MessageName> ORDER =
            (a, b) -> a.id != b.id ? Long.compare(a.id, b.id) : a.text.compareTo(b.text);

    /** A name that nobody can know beforehand. */
    static MessageName random(long id, RandomGenerator random) {
        return new MessageName(id, String.format(Locale.ROOT, "%d-%016x", id, random.nextLong()));
    }

    /** Empty for what is no name of a message. By hand: a start parses 100,000 of them. */
    public static Optional<MessageName> parse(String text) {
        int first = numberEnd(text, 0);
        int second = first < 0 ? -1 : numberEnd(text, first + 1);
        int token = second > 0 ? second + 1 : first + 1;
        return first > 0 && isToken(text, token)
                ? Optional.of(new MessageName(Long.parseLong(text, 0, first, 10), text))
                : Optional.empty();
    }

    /** Where the dash behind the number that begins here is; negative where none does. */
    private static int numberEnd(String text, int from) {
        int at = from;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        boolean number = at > from && at - from <= MOST_DIGITS && text.charAt(from) != '0';
        return number && at < text.length() && text.charAt(at) == '-' ? at : -1;
    }

    private static boolean isToken(String text, int from) {
        boolean digits = text.length() - from == TOKEN;
        for (int i = from; digits && i < text.length(); i++) {
            char c = text.charAt(i);
            digits = c >= '0' && c <= '9' || c >= 'a' && c <= 'f';
        }
        return digits;
    }

    /** The same message under another id. */
    MessageName under(long newId) {
        return new MessageName(newId, newId + "-" + text);
    }

    boolean isRenamed() {
        return text.indexOf('-') != text.lastIndexOf('-');
    }

    /** The number that the submitter was told. */
    String told() {
        String inDrop = dropName();
        return inDrop.substring(0, inDrop.indexOf('-'));
    }

    /** What it was called in the drop. */
    String dropName() {
        return isRenamed() ? text.substring(text.indexOf('-') + 1) : text;
    }

    /** What one delivery of the message is called, at every try: local delivery makes its file name of it. */
    public String delivery(int recipient) {
        return text + "." + recipient;
    }

    @Override
    public String toString() {
        return text;
    }
}
