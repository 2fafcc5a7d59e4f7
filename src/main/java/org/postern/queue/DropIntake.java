package org.postern.queue;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.random.RandomGenerator;
import org.postern.file.Disk;
import org.postern.file.SharedSync;

/** The way into the queue for every process but the owner's, under any uid. */
public final class DropIntake implements Intake {
    /** The group is the directory's: the owner's. */
    private static final int MODE = 0640;

    private final Path drop;
    private final Disk disk;
    private final InstantSource clock;
    private final Origin origin;
    private final SharedSync directory;
    private final RandomGenerator random;

    public DropIntake(QueueDirectory queue, Disk disk, InstantSource clock, Origin origin) {
        this(queue.drop(), disk, clock, origin, new SharedSync(disk, queue.drop()), new SecureRandom());
    }

    private DropIntake(
            Path drop, Disk disk, InstantSource clock, Origin origin, SharedSync directory, RandomGenerator random) {
        this.drop = drop;
        this.disk = disk;
        this.clock = clock;
        this.origin = origin;
        this.directory = directory;
        this.random = random;
    }

    @Override
    public DropIntake ofClients() {
        return new DropIntake(drop, disk, clock, Origin.CLIENT, directory, random);
    }

    @Override
    public Draft begin() {
        long now = ChronoUnit.MICROS.between(java.time.Instant.EPOCH, clock.instant());
        MessageName name = MessageName.random(now, random);
        // Not made of the name: anyone can list the drop, and who knew the name could occupy it.
        Path temporary = drop.resolve(String.format(Locale.ROOT, ".%016x", random.nextLong()));
        return new FileDraft(
                () -> new NewMessage(disk, temporary, drop.resolve(name.text()), MODE, new Leftovers(disk)),
                directory,
                envelope -> StoredEnvelope.forDrop(origin, envelope),
                name::id);
    }
}
