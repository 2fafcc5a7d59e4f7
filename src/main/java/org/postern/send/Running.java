package org.postern.send;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.mail.Deliverer;
import org.postern.os.Errno;
import org.postern.queue.Listed;
import org.postern.queue.MessageName;
import org.postern.queue.Outline;
import org.postern.queue.Queue;
import org.postern.queue.QueueFiles;
import org.postern.queue.QueuedMessage;
import org.postern.queue.Selection;

/**
 * An administrator's hands in a sender that runs. The lock is held for what is done in memory only: to look at 100,000
 * messages takes it for some milliseconds.
 */
final class Running implements QueueControl {
    private static final Comparator<Known> OLDEST_FIRST = Comparator.comparingLong(known -> known.entry.name.id());

    /** Of each message the last report is kept; a thousand messages to one dead host share one. */
    private static final int REPORTS = 1000;

    private static final int LONGEST_REPORT = 300;

    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private final Queue queue;
    private final SenderClock clock;
    private final Deliverer remote;
    private final SendLog log;
    private final Runnable wake;
    private final ReentrantLock lock;
    private final Schedule schedule;
    private final Lanes lanes;
    private final Set<Job> open;

    private final CountDownLatch started = new CountDownLatch(1);

    /** Guarded by the lock. */
    private final Map<String, String> reports = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > REPORTS;
        }
    };

    /** A message at one moment. */
    private record Known(Entry entry, State state, @Nullable String report) {}

    Running(
            Queue queue,
            SenderClock clock,
            Deliverer remote,
            SendLog log,
            Runnable wake,
            ReentrantLock lock,
            Schedule schedule,
            Lanes lanes,
            Set<Job> open) {
        this.queue = queue;
        this.clock = clock;
        this.remote = remote;
        this.log = log;
        this.wake = wake;
        this.lock = lock;
        this.schedule = schedule;
        this.lanes = lanes;
        this.open = open;
    }

    // ---- what is kept for lists

    /** Reads the envelopes of what was found at the start, beside everything else. */
    void readOutlines(List<Entry> found) {
        try (QueueFiles.Reader reader = queue.files().reader()) {
            for (Entry entry : found) {
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
                if (entry.outline == null) {
                    read(entry, reader);
                }
            }
        } catch (IOException e) {
            log.line("warning: unable to read the envelopes in "
                    + queue.directory().root() + ": " + Errno.djbText(e) + "; they are read when the queue is listed");
        }
    }

    private Optional<Outline> read(Entry entry, QueueFiles.Reader reader) {
        try {
            Optional<Outline> inFile = reader.outline(entry.name);
            Outline outline =
                    inFile.isPresent() ? inFile.get() : queue.read(entry.name).outline(queue.marks(entry.name));
            entry.outline = outline.isSmall() ? outline : null;
            return Optional.of(outline);
        } catch (IOException e) {
            return Optional.empty(); // Gone, or it cannot be read: then that is logged when it is to be delivered.
        }
    }

    /** A pass is over: who is finished now. Called with the lock. */
    void outline(Job job) {
        Outline outline = job.entry.outline;
        if (outline != null && job.message.recipientCount() > 1) {
            job.entry.outline = outline.with(job.marks);
        }
    }

    /** A recipient was deferred with this report. */
    void said(Entry entry, String report) {
        String kept = report.length() > LONGEST_REPORT ? report.substring(0, LONGEST_REPORT) : report;
        lock.lock();
        try {
            String known = reports.putIfAbsent(kept, kept);
            entry.report = known == null ? kept : known;
        } finally {
            lock.unlock();
        }
    }

    // ---- looking

    /** All that was found at the start is in the schedule now: before, a hold would miss it. */
    void started() {
        started.countDown();
    }

    private List<Known> snapshot() throws IOException {
        try {
            if (!started.await(START_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("the queue is still being read: try again");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("while the queue is read");
        }
        List<Known> all = new ArrayList<>();
        lock.lock();
        try {
            for (MessageName name = queue.nextArrival(); name != null; name = queue.nextArrival()) {
                schedule.arrived(name);
            }
            schedule.all().forEach(entry -> all.add(known(entry, false)));
            lanes.parked().forEach(entry -> all.add(known(entry, false)));
            open.forEach(job -> all.add(known(job.entry, job.active > 0)));
        } finally {
            lock.unlock();
        }
        wake.run();
        all.sort(OLDEST_FIRST);
        return all;
    }

    private static Known known(Entry entry, boolean underWay) {
        State state = underWay ? new State.UnderWay() : entry.held ? new State.Held() : new State.Waiting(entry.due());
        return new Known(entry, state, entry.report);
    }

    /** What is done with a message that is meant. */
    @FunctionalInterface
    private interface Found {
        void found(Known known, Listed message) throws IOException;
    }

    private void find(Selection which, Found found) throws IOException {
        List<Known> all = snapshot();
        try (QueueFiles.Reader reader = queue.files().reader()) {
            for (Known known : all) {
                Entry entry = known.entry;
                if (which.mayMatch(entry.name)) {
                    Outline outline = entry.outline;
                    Optional<Outline> there = outline != null ? Optional.of(outline) : read(entry, reader);
                    Listed message = there.map(o -> o.of(entry.name)).orElse(null);
                    if (message != null && which.matches(message)) {
                        found.found(known, message);
                    }
                }
            }
        }
    }

    /** The messages that are meant; of each no more than how many recipients it has. */
    private Map<Entry, Drops.Size> find(Selection which) throws IOException {
        Map<Entry, Drops.Size> meant = new LinkedHashMap<>();
        find(which, (known, message) -> meant.put(known.entry, Drops.Size.of(message)));
        return meant;
    }

    @Override
    public void list(Selection which, Reader reader) throws IOException {
        find(which, (known, message) -> reader.message(message, known.state, known.report));
    }

    @Override
    public QueuedMessage message(MessageName name) throws IOException {
        return queue.read(name);
    }

    // ---- doing

    /**
     * Takes messages out of all that waits. Of those that are open the recipients without a delivery are taken back; a
     * message with a delivery under way stays where it is. Called with the lock.
     *
     * @return those that are in the caller's hands now, who adds them to the schedule again, or not
     */
    private Set<Entry> withdraw(Set<Entry> wanted) {
        Set<Entry> taken = new LinkedHashSet<>();
        schedule.withdraw(wanted, taken);
        lanes.unparkAll(wanted, taken);
        Set<Job> jobs = new HashSet<>();
        for (Job job : open) {
            if (wanted.contains(job.entry) && !job.isPassOver()) {
                jobs.add(job);
            }
        }
        Map<Job, Integer> recalled = lanes.recall(jobs);
        for (Job job : jobs) {
            job.stop(recalled.getOrDefault(job, 0));
            if (job.outstanding == 0) {
                open.remove(job);
                lanes.of(job).addEnvelope(-job.message.envelopeOctets());
                job.entry.unsaved = job.marks.isUnsaved() ? job.marks : null;
                outline(job);
                taken.add(job.entry);
            }
        }
        return taken;
    }

    @Override
    public Touched retry(Selection which) throws IOException {
        Map<Entry, Drops.Size> meant = find(which);
        Set<Entry> waiting = new HashSet<>(meant.keySet());
        waiting.removeIf(entry -> entry.held);
        int held = meant.size() - waiting.size();
        int underWay;
        lock.lock();
        try {
            underWay = (int) open.stream()
                    .filter(job -> job.active > 0 && waiting.contains(job.entry))
                    .count();
            Instant now = clock.now();
            waiting.forEach(entry -> entry.asked = now);
            schedule.now(waiting);
        } finally {
            lock.unlock();
        }
        wake.run();
        return new Touched(waiting.size(), 0, 0, underWay, held);
    }

    @Override
    public Touched hold(Selection which) throws IOException {
        Map<Entry, Drops.Size> meant = find(which);
        meant.keySet().removeIf(entry -> entry.held);
        queue.hold(names(meant.keySet()));
        int underWay;
        Set<Entry> taken;
        List<Entry> gone = new ArrayList<>();
        lock.lock();
        try {
            taken = withdraw(meant.keySet());
            Set<Entry> left = stillOpen(meant.keySet());
            for (Entry entry : meant.keySet()) {
                if (taken.contains(entry) || left.contains(entry)) {
                    entry.held = true;
                } else {
                    gone.add(entry);
                }
            }
            taken.forEach(schedule::add);
            underWay = left.size();
        } finally {
            lock.unlock();
        }
        for (Entry entry : gone) {
            queue.forgetHold(entry.name);
        }
        wake.run();
        return new Touched(taken.size() + underWay, 0, 0, underWay, 0);
    }

    @Override
    public Touched release(Selection which) throws IOException {
        Map<Entry, Drops.Size> meant = find(which);
        meant.keySet().removeIf(entry -> !entry.held);
        queue.release(names(meant.keySet()));
        lock.lock();
        try {
            meant.keySet().forEach(entry -> entry.held = false);
            Set<Entry> taken = new LinkedHashSet<>();
            schedule.withdraw(meant.keySet(), taken);
            Instant now = clock.now();
            for (Entry entry : taken) {
                entry.asked = now;
                entry.dueAt(now);
                schedule.add(entry);
            }
        } finally {
            lock.unlock();
        }
        wake.run();
        return Touched.messages(meant.size());
    }

    @Override
    public Touched drop(Selection which, boolean bounce) throws IOException {
        Dropping dropping = new Dropping(which, bounce);
        Map<Entry, Drops.Size> meant = find(which);
        Set<Entry> taken;
        int underWay;
        lock.lock();
        try {
            taken = withdraw(meant.keySet());
            Set<Entry> left = stillOpen(meant.keySet());
            left.forEach(entry -> entry.order = dropping);
            underWay = left.size();
            meant.keySet().removeIf(entry -> !taken.contains(entry));
        } finally {
            lock.unlock();
        }
        Drops drops = new Drops(queue, dropping);
        try {
            meant.forEach((entry, size) -> drops.add(entry.name, size, entry.unsaved, entry.held));
            drops.carryOut();
        } finally {
            lock.lock();
            try {
                for (Entry entry : meant.keySet()) {
                    putBack(entry, drops);
                }
            } finally {
                lock.unlock();
            }
            wake.run();
        }
        return drops.touched(underWay);
    }

    @Override
    public void forgetTimeOuts() {
        remote.forgetTimeOuts();
    }

    /** Called with the lock. */
    private void putBack(Entry entry, Drops drops) {
        switch (drops.became(entry.name)) {
            case GONE -> log.end(entry.name.id());
            case DONE -> {
                entry.held = false;
                entry.unsaved = null;
                schedule.later(entry, Duration.ZERO);
            }
            case LESS -> {
                entry.outline = null;
                schedule.add(entry);
            }
        }
    }

    /** Those of the wanted that are open or being opened. Called with the lock. */
    private Set<Entry> stillOpen(Set<Entry> wanted) {
        Set<Entry> left = new HashSet<>();
        for (Job job : open) {
            if (wanted.contains(job.entry)) {
                left.add(job.entry);
            }
        }
        Entry opening = schedule.opening();
        if (opening != null && wanted.contains(opening)) {
            left.add(opening);
        }
        return left;
    }

    private static List<MessageName> names(Set<Entry> entries) {
        return entries.stream().map(entry -> entry.name).toList();
    }
}
