package org.postern.maildir;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.postern.maildir.Message.Place;

/**
 * A Maildir as one POP session sees it: the messages that were there when it was opened, numbered from 0, oldest first.
 * Nothing of it changes before {@link #update}. Other sessions and programs may use the Maildir at the same time: a
 * message that they have moved is found again by its unique name (docs/adr/0017).
 */
public final class Maildrop {
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

    /** @param messages in their order; they become the maildrop's own */
    Maildrop(Path directory, List<Message> messages) {
        this.directory = directory;
        this.messages = messages;
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
            Listing.names(directory.resolve(part), name -> present.add(new Place(part, MaildirName.of(name))));
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
}
