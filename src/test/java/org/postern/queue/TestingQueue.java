package org.postern.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.postern.file.Disk;
import org.postern.mail.Envelope;
import org.postern.os.Octets;

/** A queue in a test's directory. */
public final class TestingQueue {
    public final QueueDirectory directory;
    public final TestingClock clock = new TestingClock();
    public final List<String> log = Collections.synchronizedList(new ArrayList<>());
    private final Disk disk;
    private final Patience patience;

    public TestingQueue(Path root, Disk disk) {
        this(root, disk, Patience.USUAL);
    }

    /** What comes into its log gets a file after so long, and what failed is tried again. */
    public TestingQueue(Path root, Disk disk, Duration patience) {
        this(root, disk, new Patience(patience, patience));
    }

    private TestingQueue(Path root, Disk disk, Patience patience) {
        this.directory = new QueueDirectory(root);
        this.disk = disk;
        this.patience = patience;
    }

    public Queue open() throws IOException {
        return switch (tryOpen()) {
            case Queue.Opening.Ready r -> r.queue();
            case Queue.Opening.InUse u -> throw new IOException("in use by " + u.pid());
        };
    }

    public Queue.Opening tryOpen() throws IOException {
        return Queue.open(directory, disk, clock, Submitters.none(), log::add, patience);
    }

    public DropIntake drop() {
        return new DropIntake(directory, disk, clock, Origin.LOCAL);
    }

    /** Hands a message in. */
    public static Intake.Outcome submit(Intake intake, String text, String sender, String... recipients)
            throws IOException {
        try (Intake.Draft draft = intake.begin()) {
            byte[] octets = Octets.bytes(text);
            draft.write(octets, 0, octets.length);
            return draft.commit(new Envelope(sender, List.of(recipients)));
        }
    }

    /** What is in one of its directories. */
    public List<String> names(String name) {
        try (Stream<Path> files = Files.list(directory.root().resolve(name))) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** The names of the messages that are not done, in files and in the log, as a restart would find them. */
    public List<String> messages() {
        try {
            // The log first: a message that leaves it for a file, or for its bounce, is there before.
            Set<String> all = new TreeSet<>();
            LogRecovery.read(directory, Set.of(), line -> {})
                    .messages()
                    .keySet()
                    .forEach(name -> all.add(name.text()));
            names("mess").stream()
                    .filter(name -> MessageName.parse(name).isPresent())
                    .forEach(all::add);
            return List.copyOf(all);
        } catch (java.nio.file.NoSuchFileException e) {
            return messages(); // A segment was removed while it was looked at.
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A message's text. */
    public static String text(QueuedMessage message) throws IOException {
        try (var in = message.open()) {
            return Octets.of(in.readAllBytes());
        }
    }
}
