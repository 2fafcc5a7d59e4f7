package org.postern.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.postern.file.Disk;
import org.postern.file.HintFile;
import org.postern.os.Octets;

/**
 * Where a queue lies, and what is in it: the table of docs/queue.md.
 *
 * @param root usually /var/qmail/postern-queue
 */
public record QueueDirectory(Path root) {
    private static final String FORMAT = "postern-queue 2\n";
    /** Without a log. */
    private static final String FORMAT_BEFORE = "postern-queue 1\n";

    private static final int ROOT_MODE = 0711;
    /** Sticky, and files get the directory's group, so that an owner who is not root can read them. */
    private static final int DROP_MODE = 03777;

    private static final int PRIVATE_MODE = 0700;

    /** The queue of {@code postern serve}, in its usual home. */
    public static final QueueDirectory OF_SERVE = new QueueDirectory(Path.of("/var/lib/postern/queue"));

    /** The queue of the programs. */
    public static QueueDirectory underQmail(Path qmailHome) {
        return new QueueDirectory(qmailHome.resolve("postern-queue"));
    }

    /** The host's name, as the queue's owner has it; empty where he has not said. */
    public Optional<String> me() throws IOException {
        try {
            String name = Octets.of(Files.readAllBytes(root.resolve("me"))).strip();
            return name.isEmpty() ? Optional.empty() : Optional.of(name);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Tells programs that have no control/me what this host is called. */
    public void me(String name) throws IOException {
        if (me().equals(Optional.of(name))) {
            return;
        }
        Path unfinished = root.resolve("me.new");
        Files.write(unfinished, Octets.bytes(name + "\n"));
        Files.setAttribute(unfinished, "unix:mode", 0644);
        Files.move(unfinished, root.resolve("me"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Whether there is a queue, as far as this process may look. */
    public boolean exists() {
        return Files.exists(format());
    }

    Path drop() {
        return root.resolve("drop");
    }

    Path submit() {
        return root.resolve("submit");
    }

    Path mess() {
        return root.resolve("mess");
    }

    Path log() {
        return root.resolve("log");
    }

    Path marks() {
        return root.resolve("marks");
    }

    Path held() {
        return root.resolve("held");
    }

    Path bad() {
        return root.resolve("bad");
    }

    Path lock() {
        return root.resolve("lock");
    }

    Path schedule() {
        return root.resolve("schedule");
    }

    /** Which hosts did not answer: for who sends, and for who looks. */
    public HintFile timeOuts(Disk disk) {
        return new HintFile(root.resolve("tcpto"), disk);
    }

    private Path format() {
        return root.resolve("format");
    }

    /** Makes the directory itself, in which the lock is. */
    void makeRoot(Disk disk) throws IOException {
        if (!Files.isDirectory(root)) {
            disk.createDirectory(root, ROOT_MODE);
        }
    }

    /**
     * Makes what is missing in it; called by who has the lock.
     *
     * @throws IOException where it cannot be made, or is a queue of another format
     */
    void prepare(Disk disk) throws IOException {
        try {
            String found = Octets.of(Files.readAllBytes(format()));
            if (found.equals(FORMAT_BEFORE)) {
                make(disk, log(), PRIVATE_MODE);
                writeFormat(disk);
            } else if (!found.equals(FORMAT)) {
                throw new IOException("format of the queue is \"" + found.strip() + "\", and this Postern knows \""
                        + FORMAT.strip() + "\" only: deliver it with the Postern that wrote it");
            }
        } catch (NoSuchFileException e) {
            // The format is written last: where it stands, all else was made and synced.
            make(disk, root, ROOT_MODE);
            make(disk, drop(), DROP_MODE);
            make(disk, log(), PRIVATE_MODE);
            make(disk, mess(), PRIVATE_MODE);
            make(disk, marks(), PRIVATE_MODE);
            make(disk, bad(), PRIVATE_MODE);
            make(disk, held(), PRIVATE_MODE);
            Path parent = root.toAbsolutePath().getParent();
            if (parent != null && Files.isReadable(parent)) {
                disk.syncDirectory(parent);
            } // Else somebody else has made the directory.
            writeFormat(disk);
        }
        if (!Files.isDirectory(held())) {
            // Made by a Postern that could not hold messages.
            make(disk, held(), PRIVATE_MODE);
            disk.syncDirectory(root);
        }
    }

    private void writeFormat(Disk disk) throws IOException {
        Path unfinished = root.resolve("format.new");
        if (Files.exists(unfinished)) {
            disk.unlink(unfinished);
        }
        try (Disk.Output out = disk.create(unfinished, 0644)) {
            byte[] octets = Octets.bytes(FORMAT);
            out.write(octets, 0, octets.length);
            out.sync();
        }
        disk.syncDirectory(root);
        disk.rename(unfinished, format());
        disk.syncDirectory(root);
    }

    private static void make(Disk disk, Path directory, int mode) throws IOException {
        if (Files.isDirectory(directory)) {
            // Left by a start that was cut short, perhaps before its mode was set.
            Files.setAttribute(directory, "unix:mode", mode);
        } else {
            disk.createDirectory(directory, mode);
        }
    }
}
