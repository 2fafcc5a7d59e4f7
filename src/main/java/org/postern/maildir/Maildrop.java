package org.postern.maildir;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.maildir.Message.Place;
import org.postern.os.Octets;

/**
 * A Maildir as one POP session sees it: the messages that were there when it was opened, numbered from 0, oldest first.
 * Nothing of it changes before {@link #update}. Other sessions and programs may use the Maildir at the same time: a
 * message that they have moved is found again by its unique name (docs/adr/0017).
 */
public final class Maildrop {
    /** Messages beyond this many wait until others have gone. */
    static final int LIMIT_MESSAGES = 200_000;

    /** What a delivery left in tmp/ that long ago will never be finished (maildir(5)). */
    private static final Duration ABANDONED = Duration.ofHours(36);

    /** A file younger than this may still be written to by one who does not know Maildir; it is not remembered. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    private final Path directory;
    private final List<Message> messages;
    private final BitSet gone = new BitSet();

    /** What opening a maildrop came to. */
    public sealed interface Opening {
        record Opened(Maildrop maildrop) implements Opening {}

        /** There is no such directory, or this user may not enter it. */
        record Missing(IOException why) implements Opening {}

        /** It is no Maildir, or cannot be listed. */
        record CannotScan(IOException why) implements Opening {}
    }

    /** A message that {@link #update} should have removed and could not. */
    public record NotRemoved(Message message, IOException why) {}

    private Maildrop(Path directory, List<Message> messages) {
        this.directory = directory;
        this.messages = messages;
    }

    /**
     * Lists new/ and cur/, and removes what is abandoned in tmp/.
     *
     * @param now for what "abandoned" means
     */
    public static Opening open(Path directory, Instant now) {
        try {
            // What chdir(2) would find out: that it is a directory, and that this user may search it.
            if (!Files.readAttributes(directory.resolve("."), BasicFileAttributes.class)
                    .isDirectory()) {
                throw new NotDirectoryException(directory.toString());
            }
        } catch (IOException e) {
            return new Opening.Missing(e);
        }
        removeAbandoned(directory.resolve("tmp"), now);
        try {
            List<Message> messages = new Scan(directory, now).messages();
            messages.sort(Message.ORDER);
            return new Opening.Opened(new Maildrop(directory, messages));
        } catch (IOException e) {
            return new Opening.CannotScan(e);
        }
    }

    public int size() {
        return messages.size();
    }

    public Message message(int index) {
        return messages.get(index);
    }

    /** The message's file, to be read from its start; empty where it cannot be opened, or has gone. */
    public Optional<InputStream> read(int index) {
        try {
            return Optional.of(onFile(index, file -> Files.newInputStream(file)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * What QUIT does (RFC 1939 §6): removes the deleted messages, and moves those that were retrieved from new/ to
     * cur/, with the flag S.
     *
     * @return what could not be removed
     */
    public List<NotRemoved> update(BitSet deleted, BitSet retrieved) {
        List<NotRemoved> failures = new ArrayList<>();
        for (int i = deleted.nextSetBit(0); i >= 0; i = deleted.nextSetBit(i + 1)) {
            try {
                onFile(i, file -> {
                    Files.delete(file);
                    return true;
                });
            } catch (IOException e) {
                failures.add(new NotRemoved(messages.get(i), e));
            }
        }
        for (int i = retrieved.nextSetBit(0); i >= 0; i = retrieved.nextSetBit(i + 1)) {
            if (!deleted.get(i)) {
                markSeen(messages.get(i).place());
            }
        }
        return failures;
    }

    private void markSeen(Place place) {
        if (place.part().equals("new")) {
            Place seen = new Place("cur", place.name().with('S'));
            try {
                Files.move(place.in(directory), seen.in(directory));
            } catch (IOException e) {
                // As the original: the message stays new, and the next session tries again.
                return;
            }
        }
    }

    private interface FileAction<T> {
        T on(Path file) throws IOException;
    }

    /** Does it with the message's file, and once more where the file has been moved meanwhile. */
    private <T> T onFile(int index, FileAction<T> action) throws IOException {
        try {
            return action.on(messages.get(index).place().in(directory));
        } catch (NoSuchFileException e) {
            if (!gone.get(index)) {
                findMoved();
            }
            if (gone.get(index)) {
                throw e;
            }
            return action.on(messages.get(index).place().in(directory));
        }
    }

    /** Looks where the messages are now whose files are not where they were. new/ first, since mail moves to cur/. */
    private void findMoved() throws IOException {
        Set<Place> present = new HashSet<>();
        for (String part : List.of("new", "cur")) {
            list(directory.resolve(part), (file, name) -> present.add(new Place(part, MaildirName.of(name))));
        }
        Set<Place> others = new HashSet<>(present);
        messages.forEach(m -> others.remove(m.place()));
        Map<String, Place> byBase = new HashMap<>();
        others.forEach(place -> byBase.put(place.name().base(), place));
        for (int i = 0; i < messages.size(); i++) {
            Message message = messages.get(i);
            if (!present.contains(message.place())) {
                Place moved = byBase.remove(message.place().name().base());
                if (moved == null) {
                    gone.set(i);
                } else {
                    messages.set(i, message.at(moved));
                }
            }
        }
    }

    private static void removeAbandoned(Path tmp, Instant now) {
        FileTime limit = FileTime.from(now.minus(ABANDONED));
        try {
            list(tmp, (file, name) -> {
                BasicFileAttributes a = Files.readAttributes(file, BasicFileAttributes.class);
                if (a.isRegularFile()
                        && a.lastAccessTime().compareTo(limit) < 0
                        && a.lastModifiedTime().compareTo(limit) < 0) {
                    Files.delete(file);
                }
            });
        } catch (IOException e) {
            // No tmp/, or not ours to clean: the messages are what the session is about.
            return;
        }
    }

    private interface Visit {
        void file(Path file, String name) throws IOException;
    }

    /** All names but those that begin with a dot; a file that cannot be looked at is passed over. */
    private static void list(Path part, Visit visit) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(part)) {
            for (Path file : files) {
                String name = Octets.of(file.getName(file.getNameCount() - 1));
                if (name.charAt(0) != '.') {
                    lookAt(file, name, visit);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static void lookAt(Path file, String name, Visit visit) {
        try {
            visit.file(file, name);
        } catch (IOException e) {
            // It has vanished, or is a link to nowhere: nothing to be listed.
            return;
        }
    }

    /** One look through new/ and cur/: in this order, so that a message which moves meanwhile is not missed. */
    private static final class Scan {
        /** What stays when a message moves: one that was seen in new/ and again in cur/ is one message. */
        private record File(String base, long inode) {}

        private final Path directory;
        private final FileTime settled;
        private final Map<File, Message> found = new HashMap<>();
        private @Nullable SizeMemory memory;

        Scan(Path directory, Instant now) {
            this.directory = directory;
            this.settled = FileTime.from(now.minus(SETTLED));
        }

        List<Message> messages() throws IOException {
            for (String part : List.of("new", "cur")) {
                list(directory.resolve(part), (file, name) -> {
                    if (found.size() < LIMIT_MESSAGES) {
                        consider(file, new Place(part, MaildirName.of(name)));
                    }
                });
            }
            if (memory != null) {
                memory.save();
            }
            return new ArrayList<>(found.values());
        }

        private void consider(Path file, Place place) throws IOException {
            Map<String, Object> stat = Files.readAttributes(file, "unix:ino,size,lastModifiedTime,isRegularFile");
            if (stat.get("isRegularFile") instanceof Boolean regular
                    && regular
                    && stat.get("size") instanceof Long size
                    && stat.get("ino") instanceof Long inode
                    && stat.get("lastModifiedTime") instanceof FileTime modified) {
                OptionalLong told = place.name().wireOctets(size);
                long octets = told.isPresent()
                        ? told.getAsLong()
                        : measured(
                                file,
                                modified,
                                new SizeMemory.Measured(
                                        place.name().base(), inode, size, modified.to(TimeUnit.NANOSECONDS)));
                found.put(new File(place.name().base(), inode), new Message(place, modified, octets));
            }
        }

        private long measured(Path file, FileTime modified, SizeMemory.Measured key) throws IOException {
            if (memory == null) {
                memory = SizeMemory.load(directory);
            }
            OptionalLong recalled = memory.recall(key);
            if (recalled.isPresent()) {
                return recalled.getAsLong();
            }
            try {
                long octets = WireSize.of(file);
                if (modified.compareTo(settled) < 0) {
                    memory.remember(key, octets);
                }
                return octets;
            } catch (NoSuchFileException e) {
                throw e;
            } catch (IOException e) {
                // Listed all the same, as the original does; RETR will say that it cannot be opened.
                return key.octets();
            }
        }
    }
}
