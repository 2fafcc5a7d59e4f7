package org.postern.send;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.postern.os.Errno;
import org.postern.queue.MessageName;
import org.postern.queue.Queue;

/** What a sender keeps over a clean stop: when what is due, and marks that could not be written while it ran. */
final class Restart {
    private final Queue queue;
    private final SendLog log;
    private final SenderClock clock;

    /** What the schedule says for {@link Entry#NEVER}: it holds seconds. */
    private static final Instant NEVER_THERE = Instant.ofEpochSecond(Integer.MAX_VALUE);

    private static final int MOST_LINES = HourCounts.MOST * 10;

    private record Due(Instant local, Instant remote) {}

    Restart(Queue queue, SendLog log, SenderClock clock) {
        this.queue = queue;
        this.log = log;
        this.clock = clock;
    }

    /** What was in the queue at the start, due when the schedule says, else now. */
    List<Entry> found() {
        Map<String, Due> kept = new HashMap<>();
        try {
            queue.schedule().take((name, local, remote) -> kept.put(name.text(), new Due(local, remote)));
        } catch (IOException e) {
            log.line("warning: unable to read " + queue.directory().root() + "/schedule: " + Errno.djbText(e));
        }
        Instant now = clock.now();
        List<Entry> entries = new ArrayList<>();
        for (MessageName name : queue.found()) {
            Entry entry = new Entry(name, false, now);
            Due due = kept.get(name.text());
            if (due != null) {
                entry.dueLocal = read(due.local);
                entry.dueRemote = read(due.remote);
            }
            entry.held = queue.wasHeld(name);
            entries.add(entry);
        }
        return entries;
    }

    void saveSchedule(List<Entry> waiting) {
        try {
            queue.schedule().write(out -> {
                for (Entry entry : waiting) {
                    out.due(entry.name, written(entry.dueLocal), written(entry.dueRemote));
                }
            });
        } catch (IOException e) {
            log.line("warning: unable to write " + queue.directory().root() + "/schedule: " + Errno.djbText(e)
                    + "; all will be tried at the next start");
        }
    }

    /** How many messages went where in the last hour. */
    List<String> hours() {
        try {
            return queue.hours().read(MOST_LINES);
        } catch (IOException e) {
            log.line("warning: unable to read " + queue.directory().root() + "/hours: " + Errno.djbText(e)
                    + "; limits an hour begin anew");
            return List.of();
        }
    }

    void saveHours(List<String> lines) {
        try {
            queue.hours().write(lines);
        } catch (IOException e) {
            log.line("warning: unable to write " + queue.directory().root() + "/hours: " + Errno.djbText(e)
                    + "; will try again later");
        }
    }

    private static Instant written(Instant due) {
        return due.equals(Entry.NEVER) ? NEVER_THERE : due;
    }

    private static Instant read(Instant due) {
        return due.equals(NEVER_THERE) ? Entry.NEVER : due;
    }

    /** What could not be marked while running is tried a last time. */
    void saveMarks(List<Entry> entries) {
        for (Entry entry : entries) {
            if (entry.unsaved != null) {
                try {
                    entry.unsaved.save();
                } catch (IOException e) {
                    log.line("alert: unable to write marks/" + entry.name + ": " + Errno.djbText(e)
                            + "; a recipient will get a message twice");
                }
            }
        }
    }
}
