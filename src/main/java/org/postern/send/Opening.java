package org.postern.send;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postern.config.SendSettings;
import org.postern.os.Errno;
import org.postern.queue.Marks;
import org.postern.queue.MessageName;
import org.postern.queue.Outline;
import org.postern.queue.Queue;
import org.postern.queue.QueuedMessage;

/** Reads a message that is due, and what is known of its recipients. */
final class Opening {
    private final Queue queue;
    private final SendLog log;
    private final SenderClock clock;
    private final Accounts accounts;

    Opening(Queue queue, SendLog log, SenderClock clock, Accounts accounts) {
        this.queue = queue;
        this.log = log;
        this.clock = clock;
        this.accounts = accounts;
    }

    /** What it came to. */
    sealed interface Opened {
        record Ready(Job job) implements Opened {}

        record Later(Duration pause) implements Opened {}

        record Gone() implements Opened {}
    }

    /** @param order what is to be done before it is opened */
    Opened open(Entry entry, SendSettings settings, @Nullable Dropping order) {
        try {
            if (order != null && carryOut(order, entry)) {
                return new Opened.Gone();
            }
            QueuedMessage message = queue.read(entry.name);
            MessageName about = message.about().orElse(null);
            if (about != null && queue.exists(about)) {
                // A crash was between the two: the message first, or there may be a second bounce.
                return new Opened.Later(Duration.ofSeconds(1));
            }
            Marks marks = entry.unsaved != null ? entry.unsaved : queue.marks(entry.name);
            if (entry.isNew) {
                entry.isNew = false;
                log.newMessage(message);
            }
            Outline outline = message.outline(marks);
            entry.outline = outline.isSmall() ? outline : null;
            Instant now = clock.now();
            boolean dying = message.taken().plus(settings.queuelifetime()).isBefore(now);
            boolean late = settings.delaynotify().isPositive()
                    && message.taken().plus(settings.delaynotify()).isBefore(now);
            return new Opened.Ready(new Job(
                    entry, message, marks, dying, late, !entry.dueLocal.isAfter(now), !entry.dueRemote.isAfter(now)));
        } catch (NoSuchFileException e) {
            log.line("warning: msg " + entry.name.id() + " is gone from the queue");
            return switch (accounts.forget(entry)) {
                case DONE -> new Opened.Gone();
                case LATER -> new Opened.Later(Sender.AFTER_TROUBLE);
            };
        } catch (IOException e) {
            log.line(
                    "warning: trouble opening mess/" + entry.name + ": " + Errno.djbText(e) + "; will try again later");
            return new Opened.Later(Sender.AFTER_TROUBLE);
        }
    }

    /** What an administrator ordered while a delivery was under way; true where the message is gone by it. */
    boolean carryOut(Dropping order, Entry entry) throws IOException {
        return switch (order.carryOut(queue, entry.name, entry.unsaved).became()) {
            case GONE -> {
                log.end(entry.name.id());
                yield true;
            }
            case DONE -> {
                queue.release(List.of(entry.name));
                entry.held = false;
                yield false;
            }
            case LESS -> false;
        };
    }
}
