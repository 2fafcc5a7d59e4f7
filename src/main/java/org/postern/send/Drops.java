package org.postern.send;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.postern.os.Errno;
import org.postern.os.Threads;
import org.postern.queue.Listed;
import org.postern.queue.Marks;
import org.postern.queue.MessageName;
import org.postern.queue.Queue;

/** A dropping of many messages that nobody else has in hands: together they share the syncs. Used once. */
final class Drops {
    private static final int AT_ONCE = 16;

    /** So many removals share two syncs. */
    private static final int BATCH = 1000;

    private final Queue queue;
    private final Dropping dropping;
    private final List<One> all = new ArrayList<>();
    private final Map<MessageName, Dropping.Became> became = new ConcurrentHashMap<>();
    private final AtomicInteger recipients = new AtomicInteger();
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();

    /** Of messages with more recipients one is in hands at a time: its envelope may have 16 MiB. */
    private static final int MANY_RECIPIENTS = 5000;

    private record One(
            MessageName name, Size size, @Nullable Marks unsaved, boolean held) {
        boolean isCommon() {
            return size.recipients <= MANY_RECIPIENTS;
        }
    }

    /**
     * What is kept of a message that is meant.
     *
     * @param left how many of its recipients are not finished
     */
    record Size(int recipients, int left) {
        static Size of(Listed message) {
            return new Size(message.recipients().count(), message.left());
        }
    }

    Drops(Queue queue, Dropping dropping) {
        this.queue = queue;
        this.dropping = dropping;
    }

    /** @param unsaved marks that could not be written before */
    void add(MessageName name, Size size, @Nullable Marks unsaved, boolean held) {
        all.add(new One(name, size, unsaved, held));
    }

    /** @throws IOException where not all could be done; {@link #became} says of each what was */
    void carryOut() throws IOException {
        if (dropping.removesWhole()) {
            remove();
        } else {
            mark();
        }
        IOException e = failure.get();
        if (e != null) {
            throw new IOException(
                    became.size() + " of " + all.size() + " messages were dropped, then: " + Errno.djbText(e), e);
        }
    }

    private void remove() {
        for (int from = 0; from < all.size() && failure.get() == null; from += BATCH) {
            List<MessageName> names = all.subList(from, Math.min(all.size(), from + BATCH)).stream()
                    .map(One::name)
                    .toList();
            try {
                queue.removeAll(names);
            } catch (IOException e) {
                failure.set(e);
            }
            for (MessageName name : names) {
                if (failure.get() == null || !queue.exists(name)) {
                    became.put(name, Dropping.Became.GONE);
                }
            }
        }
        all.stream().filter(one -> became.containsKey(one.name)).forEach(one -> recipients.addAndGet(one.size.left));
    }

    private void mark() throws IOException {
        try (ExecutorService workers =
                Executors.newFixedThreadPool(AT_ONCE, work -> Threads.unstarted("drop messages", work))) {
            all.stream().filter(One::isCommon).forEach(one -> workers.execute(() -> mark(one)));
        }
        all.stream().filter(one -> !one.isCommon()).forEach(this::mark);
        List<MessageName> closed = all.stream()
                .filter(one -> one.held && became.get(one.name) == Dropping.Became.DONE)
                .map(One::name)
                .toList();
        if (!closed.isEmpty()) {
            queue.release(closed); // Nobody is left to hold it for, and its bounce must go.
        }
    }

    private void mark(One one) {
        if (failure.get() != null) {
            return;
        }
        try {
            Dropping.Done done = dropping.carryOut(queue, one.name, one.unsaved);
            became.put(one.name, done.became());
            recipients.addAndGet(done.recipients());
        } catch (IOException e) {
            failure.compareAndSet(null, e);
        }
    }

    /** What became of one; where nothing was done to it, somebody is left. */
    Dropping.Became became(MessageName name) {
        return became.getOrDefault(name, Dropping.Became.LESS);
    }

    /** @param underWay how many more have a delivery under way */
    QueueControl.Touched touched(int underWay) {
        int partly = (int) became.values().stream()
                .filter(end -> end == Dropping.Became.LESS)
                .count();
        return new QueueControl.Touched(became.size() + underWay, recipients.get(), partly, underWay, 0);
    }
}
