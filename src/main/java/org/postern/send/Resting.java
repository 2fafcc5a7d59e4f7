package org.postern.send;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.postern.queue.MessageName;
import org.postern.queue.Queue;
import org.postern.queue.QueueFiles;
import org.postern.queue.QueuedMessage;
import org.postern.queue.ScheduleFile;
import org.postern.queue.Selection;

/** An administrator's hands on the files of a queue that nobody sends from. */
public final class Resting implements QueueControl {
    private final QueueFiles files;
    private final Opener opener;
    private final InstantSource clock;

    /** Opens the queue for what changes it: by that it is locked. */
    @FunctionalInterface
    public interface Opener {
        /** @throws IOException where it cannot be opened, or somebody has it */
        Queue open() throws IOException;
    }

    /** @param opener used, and the queue closed again, for each change; looking needs none */
    public Resting(QueueFiles files, Opener opener, InstantSource clock) {
        this.files = files;
        this.opener = opener;
        this.clock = clock;
    }

    @Override
    public void list(Selection which, Reader reader) throws IOException {
        Set<String> held = files.held();
        Map<String, Instant> due = new HashMap<>();
        files.schedule().read((name, local, remote) -> due.put(name.text(), local.isBefore(remote) ? local : remote));
        Instant now = clock.instant();
        find(
                which,
                message -> reader.message(
                        message,
                        held.contains(message.name().text())
                                ? new State.Held()
                                : new State.Waiting(
                                        due.getOrDefault(message.name().text(), now)),
                        null));
    }

    @Override
    public QueuedMessage message(MessageName name) throws IOException {
        return files.message(name);
    }

    private void find(Selection which, QueueFiles.Each found) throws IOException {
        files.read(which::mayMatch, message -> {
            if (which.matches(message)) {
                found.message(message);
            }
        });
    }

    private List<MessageName> find(Selection which) throws IOException {
        List<MessageName> meant = new ArrayList<>();
        find(which, message -> meant.add(message.name()));
        return meant;
    }

    /** What is not in the schedule is due at the start. */
    @Override
    public Touched retry(Selection which) throws IOException {
        try (Queue queue = opener.open()) {
            Set<String> meant = new HashSet<>();
            int held = 0;
            for (MessageName name : find(which)) {
                if (queue.wasHeld(name)) {
                    held++;
                } else {
                    meant.add(name.text());
                }
            }
            ScheduleFile schedule = queue.schedule();
            record Line(MessageName name, Instant local, Instant remote) {}
            List<Line> kept = new ArrayList<>();
            schedule.read((name, local, remote) -> {
                if (!meant.contains(name.text())) {
                    kept.add(new Line(name, local, remote));
                }
            });
            schedule.write(out -> {
                for (Line line : kept) {
                    out.due(line.name, line.local, line.remote);
                }
            });
            return new Touched(meant.size(), 0, 0, 0, held);
        }
    }

    @Override
    public Touched hold(Selection which) throws IOException {
        try (Queue queue = opener.open()) {
            List<MessageName> meant = find(which);
            meant.removeIf(queue::wasHeld);
            queue.hold(meant);
            return Touched.messages(meant.size());
        }
    }

    @Override
    public Touched release(Selection which) throws IOException {
        try (Queue queue = opener.open()) {
            List<MessageName> meant = find(which);
            meant.removeIf(name -> !queue.wasHeld(name));
            queue.release(meant);
            return Touched.messages(meant.size());
        }
    }

    @Override
    public void forgetTimeOuts() throws IOException {
        try (Queue queue = opener.open()) {
            queue.timeOuts().write(List.of());
        }
    }

    @Override
    public Touched drop(Selection which, boolean bounce) throws IOException {
        try (Queue queue = opener.open()) {
            Drops drops = new Drops(queue, new Dropping(which, bounce));
            find(
                    which,
                    message -> drops.add(message.name(), Drops.Size.of(message), null, queue.wasHeld(message.name())));
            drops.carryOut();
            return drops.touched(0);
        }
    }
}
