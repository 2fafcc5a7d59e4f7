package org.postern.maildir;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.postern.maildir.Message.Place;
import org.postern.os.FilesAt;

/**
 * One look through new/ and cur/, in this order, so that a message which another session moves meanwhile is not missed;
 * seen in both, it is one message all the same. Costs one stat(2) a message, where its name says how large it is.
 */
final class Scan {
    /** Messages beyond this many wait until others have gone. */
    static final int LIMIT_MESSAGES = 200_000;

    /** A file younger than this may still be written to by one who does not know Maildir; it is not remembered. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    /** What stays when a message moves. */
    private record File(String base, long device, long inode) {}

    private final Path maildir;
    private final Instant settled;
    private final Map<File, Message> found = new HashMap<>();
    private @Nullable SizeMemory memory;

    private Scan(Path maildir, Instant now) {
        this.maildir = maildir;
        this.settled = now.minus(SETTLED);
    }

    /** The messages that are there, in their order. */
    static List<Message> of(Path maildir, Instant now) throws IOException {
        Scan scan = new Scan(maildir, now);
        for (String part : List.of("new", "cur")) {
            Listing.files(
                    maildir.resolve(part),
                    (name, status) -> scan.consider(new Place(part, MaildirName.of(name)), status));
        }
        if (scan.memory != null) {
            scan.memory.save();
        }
        List<Message> messages = new ArrayList<>(scan.found.values());
        messages.sort(Message.ORDER);
        return messages;
    }

    private void consider(Place place, FilesAt.Status status) throws IOException {
        if (status.isRegular() && found.size() < LIMIT_MESSAGES) {
            OptionalLong told = place.name().wireOctets(status.size());
            long octets = told.isPresent() ? told.getAsLong() : measured(place, status);
            found.put(
                    new File(place.name().base(), status.device(), status.inode()),
                    new Message(place, status.modified(), octets));
        }
    }

    private long measured(Place place, FilesAt.Status status) throws IOException {
        if (memory == null) {
            memory = SizeMemory.load(maildir);
        }
        SizeMemory.Measured key =
                new SizeMemory.Measured(place.name().base(), status.inode(), status.size(), nanos(status.modified()));
        OptionalLong recalled = memory.recall(key);
        if (recalled.isPresent()) {
            return recalled.getAsLong();
        }
        try {
            long octets = Sizes.of(place.in(maildir)).sent();
            if (status.modified().isBefore(settled)) {
                memory.remember(key, octets);
            }
            return octets;
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            // Listed all the same, as the original does; RETR will say that it cannot be opened.
            return status.size();
        }
    }

    /** Since 1970. Of a time centuries from now the low bits, which tell files apart just as well. */
    private static long nanos(Instant time) {
        return time.getEpochSecond() * 1_000_000_000 + time.getNano();
    }
}
