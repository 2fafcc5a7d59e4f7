package org.postern.maildir;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import org.postern.os.Octets;

/**
 * A message of a maildrop.
 *
 * @param place where its file is
 * @param modified the file's time, by which messages are ordered
 * @param octets its size as it is sent, without dot-stuffing
 */
public record Message(Place place, Instant modified, long octets) {
    /** Oldest first; of one age by name, so that the order is the same in each session. */
    static final Comparator<Message> ORDER =
            Comparator.comparing(Message::modified).thenComparing(m -> m.place.name());

    /** RFC 1939 §7. */
    public String uid() {
        return place.name().uid();
    }

    Message at(Place elsewhere) {
        return new Message(elsewhere, modified, octets);
    }

    /**
     * A file of a Maildir.
     *
     * @param part new or cur
     */
    public record Place(String part, MaildirName name) {
        Path in(Path maildir) {
            return maildir.resolve(part).resolve(Octets.path(name.toString()));
        }

        /** Its name within the Maildir. */
        @Override
        public String toString() {
            return part + "/" + name;
        }
    }
}
