package org.postern.queue;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** The ids in use, so that no two messages of the queue share one. */
final class Ids {
    private final InstantSource clock;
    private final RandomGenerator random = new SecureRandom();
    private final Set<Long> used = ConcurrentHashMap.newKeySet();

    Ids(InstantSource clock, List<MessageName> found) {
        this.clock = clock;
        found.forEach(name -> used.add(name.id()));
    }

    /** A new message's name: the time in microseconds, or the next number that is free. */
    MessageName next() {
        return MessageName.random(nextId(), random);
    }

    private long nextId() {
        long id = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
        while (!used.add(id)) {
            id++;
        }
        return id;
    }

    /** The name of a message from the drop: its own, if its id is free. */
    MessageName claim(MessageName fromDrop) {
        return used.add(fromDrop.id()) ? fromDrop : fromDrop.under(nextId());
    }

    /** The name stands in the marks of a message since before a restart. */
    void use(MessageName name) {
        used.add(name.id());
    }

    void free(MessageName name) {
        used.remove(name.id());
    }
}
