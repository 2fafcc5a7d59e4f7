package org.postern.maildir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.maildir.Message.Place;

/**
 * One look through new/ and cur/, in this order, so that a message which another session moves meanwhile is not missed;
 * seen in both, it is one message all the same. Costs one stat(2) a message, where its name says how large it is.
 */
final class Scan {
    /** Messages beyond this many wait until others have gone. */
    static final int LIMIT_MESSAGES = 200_000;

    /** A file younger than this may still be written to by one who does not know Maildir; it is not remembered. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    /**
     * What stays when a message moves.
     *
     * @param key device and inode
     */
    private record File(String base, @Nullable Object key) {}

    private final Path maildir;
    private final FileTime settled;
    private final Map<File, Message> found = new HashMap<>();
    private @Nullable SizeMemory memory;

    private Scan(Path maildir, Instant now) {
        this.maildir = maildir;
        this.settled = FileTime.from(now.minus(SETTLED));
    }

    /** The messages that are there, in their order. */
    static List<Message> of(Path maildir, Instant now) throws IOException {
        Scan scan = new Scan(maildir, now);
        for (String part : List.of("new", "cur")) {
            Listing.of(
                    maildir.resolve(part), (file, name) -> scan.consider(file, new Place(part, MaildirName.of(name))));
        }
        if (scan.memory != null) {
            scan.memory.save();
        }
        List<Message> messages = new ArrayList<>(scan.found.values());
        messages.sort(Message.ORDER);
        return messages;
    }

    private void consider(Path file, Place place) throws IOException {
        BasicFileAttributes stat = Files.readAttributes(file, BasicFileAttributes.class);
        if (stat.isRegularFile() && found.size() < LIMIT_MESSAGES) {
            OptionalLong told = place.name().wireOctets(stat.size());
            long octets = told.isPresent() ? told.getAsLong() : measured(file, place, stat);
            found.put(
                    new File(place.name().base(), stat.fileKey()), new Message(place, stat.lastModifiedTime(), octets));
        }
    }

    private long measured(Path file, Place place, BasicFileAttributes stat) throws IOException {
        if (memory == null) {
            memory = SizeMemory.load(maildir);
        }
        SizeMemory.Measured key = new SizeMemory.Measured(
                place.name().base(),
                ((Number) Files.getAttribute(file, "unix:ino")).longValue(),
                stat.size(),
                stat.lastModifiedTime().to(TimeUnit.NANOSECONDS));
        OptionalLong recalled = memory.recall(key);
        if (recalled.isPresent()) {
            return recalled.getAsLong();
        }
        try {
            long octets = Sizes.of(file).sent();
            if (stat.lastModifiedTime().compareTo(settled) < 0) {
                memory.remember(key, octets);
            }
            return octets;
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            // Listed all the same, as the original does; RETR will say that it cannot be opened.
            return stat.size();
        }
    }
}
