package org.postern.maildir;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.postern.file.Disk;
import org.postern.os.Octets;

/**
 * Brings a message into a Maildir by the book: written in tmp, fsynced, renamed to new, the directory fsynced. The name
 * carries the delivery's id, so that the same delivery, tried again after a crash, finds its first copy in new or cur
 * and does not make a second (ADR 0031).
 */
public final class MaildirDelivery {
    private static final int MODE = 0600;
    private static final int PIECE = 16 * 1024;

    private final Disk disk;
    private final InstantSource clock;
    private final String host;
    private final KnownCopies copies = new KnownCopies();

    /** @param host this host's name, the last part of a file's name before its sizes */
    public MaildirDelivery(Disk disk, InstantSource clock, String host) {
        this.disk = disk;
        this.clock = clock;
        this.host = UniqueName.host(host);
    }

    /** What became of a delivery. */
    public sealed interface Outcome {
        /** @param again whether the file is there from an earlier attempt */
        record Stored(Path file, boolean again) implements Outcome {}

        /** There is no such directory, or it may not be entered. */
        record NoMaildir(IOException why) implements Outcome {}

        /** Nothing was delivered: disk full, no tmp or new, …. */
        record Failed(IOException why) implements Outcome {}

        /** The message could not be read. */
        record Unreadable(IOException why) implements Outcome {}
    }

    /**
     * Delivers. Runs with the rights of the thread it is called on: see {@link org.postern.os.ThreadIdentity}.
     *
     * @param deliveryId the same for a second attempt, and for nothing else
     * @param head the lines that stand before the message
     * @param message read to its end, not closed
     */
    public Outcome deliver(Path maildir, String deliveryId, String head, InputStream message) {
        String token = UniqueName.token(deliveryId);
        try {
            if (!Files.isDirectory(maildir)) {
                // To tell "not there" from "not to be entered"; with neither it is no directory.
                Files.readAttributes(maildir, "size");
                return new Outcome.NoMaildir(new NotDirectoryException(maildir.toString()));
            }
        } catch (IOException e) {
            return new Outcome.NoMaildir(e);
        }
        try {
            Optional<KnownCopies.Copy> first = copies.find(maildir, token);
            if (first.isEmpty()) {
                return write(maildir, token, Octets.bytes(head), message);
            }
            // The first attempt may have ended before this.
            disk.syncDirectory(first.get().directory());
            return new Outcome.Stored(first.get().file(), true);
        } catch (UnreadableMessage e) {
            return new Outcome.Unreadable(e.why);
        } catch (IOException e) {
            return new Outcome.Failed(e);
        }
    }

    private Outcome write(Path maildir, String token, byte[] head, InputStream message) throws IOException {
        String name = clock.instant().getEpochSecond() + "." + token + "." + host;
        Path written = maildir.resolve("tmp").resolve(Octets.path(name));
        Sizes sizes = new Sizes();
        try (Disk.Output output = create(written)) {
            try {
                output.write(head, 0, head.length);
                sizes.count(head, 0, head.length);
                copy(message, output, sizes);
                output.sync();
            } catch (IOException e) {
                unlinkQuietly(written, e);
                throw e;
            }
        }
        Path fresh = maildir.resolve("new");
        Path there = fresh.resolve(Octets.path(name + sizes.suffix()));
        try {
            disk.rename(written, there);
        } catch (IOException e) {
            unlinkQuietly(written, e);
            throw e;
        }
        copies.add(maildir, token);
        try {
            disk.syncDirectory(fresh);
        } catch (IOException e) {
            // Were it found at the next try, only the sync would be done again, which may succeed without having
            // written it.
            unlinkQuietly(there, e);
            throw e;
        }
        return new Outcome.Stored(there, false);
    }

    private Disk.Output create(Path file) throws IOException {
        try {
            return disk.create(file, MODE);
        } catch (FileAlreadyExistsException e) {
            // Nobody else makes this name: an attempt of the same second was cut off.
            disk.unlink(file);
            return disk.create(file, MODE);
        }
    }

    private static void copy(InputStream from, Disk.Output to, Sizes sizes) throws IOException {
        byte[] buffer = new byte[PIECE];
        while (true) {
            int n;
            try {
                n = from.read(buffer);
            } catch (IOException e) {
                throw new UnreadableMessage(e);
            }
            if (n < 0) {
                return;
            }
            to.write(buffer, 0, n);
            sizes.count(buffer, 0, n);
        }
    }

    private void unlinkQuietly(Path file, IOException reason) {
        try {
            disk.unlink(file);
        } catch (NoSuchFileException e) {
            // Then nothing is left behind, which was the point.
            return;
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    /** The message's source failed, not the Maildir. */
    private static final class UnreadableMessage extends IOException {
        private static final long serialVersionUID = 1L;
        private final transient IOException why;

        UnreadableMessage(IOException why) {
            super(why);
            this.why = why;
        }
    }
}
