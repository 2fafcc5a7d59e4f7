package org.postern.queue;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A message's name in the queue, the same from the drop to the last delivery: {@code ID-TOKEN}. Where its id was in
 * use when it was taken, it is {@code NEWID-ID-TOKEN} from then on.
 *
 * @param id what the log calls the message
 * @param text the file's name
 */
public record MessageName(long id, String text) {
    private static final Pattern NAME = Pattern.compile("([1-9][0-9]{0,17})-(?:[1-9][0-9]{0,17}-)?[0-9a-f]{16}");

    /** The oldest first. Two may have one id, where the clock was put back between two starts. */
    static final Comparator<MessageName> ORDER =
            Comparator.comparingLong(MessageName::id).thenComparing(MessageName::text);

    /** A name that nobody can know beforehand. */
    static MessageName random(long id, RandomGenerator random) {
        return new MessageName(id, String.format(Locale.ROOT, "%d-%016x", id, random.nextLong()));
    }

    /** Empty for what is no name of a message. */
    public static Optional<MessageName> parse(String text) {
        Matcher m = NAME.matcher(text);
        return m.matches() ? Optional.of(new MessageName(Long.parseLong(m.group(1)), text)) : Optional.empty();
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
