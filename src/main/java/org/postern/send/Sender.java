package org.postern.send;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.config.SendSettings;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.os.Errno;
import org.postern.os.Threads;
import org.postern.queue.Marks;
import org.postern.queue.MessageName;
import org.postern.queue.Queue;
import org.postern.queue.QueuedMessage;

/**
 * qmail-send: takes messages from the queue, has each recipient delivered, keeps account of it, tries again what was
 * deferred, and tells the senders of what failed.
 *
 * <p>One thread, {@link #run}, opens messages and starts deliveries; each delivery has a thread of its own,
 * which does the bookkeeping, too; one more thread empties the drop. What they share is guarded by one lock, which
 * nobody holds while reading or writing files.
 */
public final class Sender {
    /** So many messages are opened before deliveries are started again. */
    private static final int AT_ONCE = 50;
    /** qmail-send's SLEEP_SYSFAIL: when to come back to what the disk did not let us do. */
    private static final Duration AFTER_TROUBLE = Duration.ofSeconds(123);

    /** A delivery that does not even heed an interrupt is left to its fate. */
    private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(5);

    private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);
    private static final String TOO_OLD = "I'm not going to try again; this message has been in the queue too long.\n";

    private final Queue queue;
    private final Deliverers deliverers;
    private final Reload reload;
    private final SenderClock clock;
    private final SendLog log;
    private final Duration drainLimit;
    private final BackOff localBackOff;
    private final BackOff remoteBackOff;
    private final Accounts accounts;
    private final Restart restart;
    private volatile SendSettings settings;
    private volatile Routes routes;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final PriorityQueue<Entry> waiting = new PriorityQueue<>();
    private final ArrayDeque<Entry> arrived = new ArrayDeque<>();
    private final Set<Thread> delivering = new HashSet<>();
    private final Lane local;
    private final Lane remote;
    private final Set<Job> open = new HashSet<>();
    private long deliveries;
    /** Messages whose account is being closed. */
    private int closing;

    private boolean arrivedFirst;
    private boolean exiting;
    private boolean abandoned;
    private boolean stirred;

    /** Reads locals and virtualdomains anew. */
    @FunctionalInterface
    public interface Reload {
        SendSettings reload(SendSettings current) throws IOException;
    }

    /**
     * Makes a sender; nothing happens before {@link #run}.
     *
     * @param queue open; stays the caller's to close
     * @param drainLimit how long {@link #terminate} lets deliveries go on
     */
    public Sender(
            Queue queue,
            SendSettings settings,
            Deliverers deliverers,
            Reload reload,
            SenderClock clock,
            org.postern.chain.Log log,
            Duration drainLimit) {
        this.queue = queue;
        this.settings = settings;
        this.deliverers = deliverers;
        this.reload = reload;
        this.clock = clock;
        this.log = new SendLog(log);
        this.drainLimit = drainLimit;
        routes = new Routes(settings);
        local = new Lane(settings.concurrencylocal());
        remote = new Lane(settings.concurrencyremote());
        localBackOff = new BackOff(BackOff.LOCAL_SKIP, BackOff.JITTER, clock.random());
        remoteBackOff = new BackOff(BackOff.REMOTE_SKIP, BackOff.JITTER, clock.random());
        accounts = new Accounts(queue, this.log, clock);
        restart = new Restart(queue, this.log, clock);
    }

    /**
     * Sends until {@link #terminate}; returns when the deliveries under way have ended.
     *
     * @throws InterruptedException where an interrupt made it end; all is in order then as well
     */
    public void run() throws InterruptedException {
        queue.onArrival(this::wake);
        List<Entry> found = restart.found();
        Thread drop = Threads.start("drop", new DropWatch(queue, log, this::isExiting));
        boolean interrupted = false;
        lock.lock();
        try {
            waiting.addAll(found);
            status();
            while (!(exiting && (isQuiet() || abandoned))) {
                stirred = false;
                Instant next = exiting ? Instant.MAX : openWhatIsDue();
                startDeliveries();
                if (!stirred) {
                    try {
                        sleepUntil(next);
                    } catch (InterruptedException e) {
                        interrupted = true;
                        terminate();
                    }
                }
            }
        } finally {
            lock.unlock();
        }
        interrupted |= endOf(drop);
        keep();
        log.line("status: exiting");
        if (interrupted) {
            throw new InterruptedException("sender");
        }
    }

    /** Waits for the thread; true where this one was interrupted meanwhile. */
    private static boolean endOf(Thread thread) {
        boolean interrupted = false;
        thread.interrupt();
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        return interrupted;
    }

    /** Something changed: look again. */
    public void wake() {
        lock.lock();
        try {
            stirred = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** ALRM: everything is due now. */
    public void retryAll() {
        lock.lock();
        try {
            List<Entry> all = new ArrayList<>(waiting);
            waiting.clear();
            Instant now = clock.now();
            all.forEach(entry -> entry.dueAt(now));
            waiting.addAll(all);
        } finally {
            lock.unlock();
        }
        wake();
    }

    /** HUP: locals and virtualdomains are read anew, and count for what is queued as well. */
    public void reload() {
        try {
            settings = reload.reload(settings);
            routes = new Routes(settings);
        } catch (IOException e) {
            log.line("alert: unable to reread controls: " + Errno.djbText(e));
        }
    }

    /** TERM: starts nothing more. What is under way is let go on, for the drain limit; then it is interrupted. */
    public void terminate() {
        lock.lock();
        try {
            if (!exiting) {
                exiting = true;
                status();
                Threads.start("drain", this::interruptLater);
            }
        } finally {
            lock.unlock();
        }
        wake();
    }

    private void interruptLater() {
        lock.lock();
        try {
            long left = drainLimit.toNanos();
            while (!isQuiet() && left > 0) {
                left = changed.awaitNanos(left);
            }
            delivering.forEach(Thread::interrupt);
            left = AFTER_INTERRUPT.toNanos();
            while (!isQuiet() && left > 0) {
                left = changed.awaitNanos(left);
            }
            abandoned = true;
            stirred = true;
            changed.signalAll();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private boolean isExiting() {
        lock.lock();
        try {
            return exiting;
        } finally {
            lock.unlock();
        }
    }

    private boolean isQuiet() {
        return local.active() + remote.active() + closing == 0;
    }

    private void status() {
        log.status(local.active(), local.limit, remote.active(), remote.limit, exiting);
    }

    private void sleepUntil(Instant next) throws InterruptedException {
        Duration left = Duration.between(
                clock.now(),
                next.isAfter(clock.now().plus(LONGEST_SLEEP)) ? clock.now().plus(LONGEST_SLEEP) : next);
        long nanos = left.toNanos();
        while (nanos > 0 && !stirred) {
            nanos = changed.awaitNanos(nanos);
        }
    }

    // ---- opening messages

    /** Opens what is due, within the limits, and says when more is. */
    private Instant openWhatIsDue() {
        for (MessageName name = queue.nextArrival(); name != null; name = queue.nextArrival()) {
            arrived.add(new Entry(name, true, clock.now()));
        }
        for (int opened = 0; !(local.isFull() && remote.isFull()); opened++) {
            if (opened == AT_ONCE) {
                stirred = true;
                return Instant.MIN; // Deliveries must start, and arrivals be seen, while 100,000 are opened.
            }
            Entry entry = nextDue();
            if (entry == null) {
                Entry first = waiting.peek();
                return first == null ? Instant.MAX : first.due();
            }
            open(entry);
        }
        return Instant.MAX; // A delivery that ends will wake us.
    }

    /** What arrived and what waited take turns: a flood of the one does not stop the other. */
    private @Nullable Entry nextDue() {
        arrivedFirst = !arrivedFirst;
        Entry entry = arrivedFirst ? arrived.poll() : nextWaiting();
        if (entry == null) {
            entry = arrivedFirst ? nextWaiting() : arrived.poll();
        }
        return entry;
    }

    private @Nullable Entry nextWaiting() {
        Entry entry = local.unpark();
        if (entry == null) {
            entry = remote.unpark();
        }
        Instant now = clock.now();
        while (entry == null && !waiting.isEmpty() && !waiting.peek().due().isAfter(now)) {
            Entry due = waiting.remove();
            Destination.Key key = due.destination;
            if (key != null && lane(key).mustPark(key)) {
                lane(key).park(due, key);
            } else {
                entry = due;
            }
        }
        return entry;
    }

    /** Reads the message, without the lock, and queues its recipients. */
    private void open(Entry entry) {
        Job job;
        lock.unlock();
        try {
            job = read(entry);
        } finally {
            lock.lock();
        }
        if (job == null) {
            return;
        }
        List<Work> works = portion(job);
        Destination.Key only = onlyDestination(job, works);
        entry.destination = only;
        Destination.Key enough = only != null && lane(only).hasEnough(only) ? only : toFullLane(works);
        if (enough != null) {
            lane(enough).park(entry, enough);
            return;
        }
        open.add(job);
        job.countsAsRemote = works.stream().anyMatch(work -> work.key().remote());
        laneOf(job).addEnvelope(job.message.envelopeOctets());
        works.forEach(work -> lane(work.key()).add(work));
        if (job.isPassOver()) {
            closing++;
            Threads.start("end " + entry.name, () -> passOver(job));
        }
    }

    private @Nullable Job read(Entry entry) {
        try {
            QueuedMessage message = queue.read(entry.name);
            MessageName about = message.about().orElse(null);
            if (about != null && queue.exists(about)) {
                // A crash was between the two: the message first, or there may be a second bounce.
                later(entry, Duration.ofSeconds(1));
                return null;
            }
            Marks marks = entry.unsaved != null ? entry.unsaved : queue.marks(entry.name);
            if (entry.isNew) {
                entry.isNew = false;
                log.newMessage(message);
            }
            Instant now = clock.now();
            boolean dying = message.taken().plus(settings.queuelifetime()).isBefore(now);
            return new Job(entry, message, marks, dying, !entry.dueLocal.isAfter(now), !entry.dueRemote.isAfter(now));
        } catch (NoSuchFileException e) {
            log.line("warning: msg " + entry.name.id() + " is gone from the queue");
            accounts.forget(entry.name);
            return null;
        } catch (IOException e) {
            log.line(
                    "warning: trouble opening mess/" + entry.name + ": " + Errno.djbText(e) + "; will try again later");
            later(entry, AFTER_TROUBLE);
            return null;
        }
    }

    private void later(Entry entry, Duration pause) {
        lock.lock();
        try {
            entry.dueAt(clock.now().plus(pause));
            waiting.add(entry);
        } finally {
            lock.unlock();
        }
    }

    private List<Work> portion(Job job) {
        List<Work> works = new ArrayList<>();
        while (!job.atEnd && job.outstanding < Job.PORTION) {
            Work work = job.next(routes);
            if (work != null) {
                works.add(work);
                job.outstanding++;
            }
        }
        return works;
    }

    private static Destination.@Nullable Key onlyDestination(Job job, List<Work> works) {
        Destination.Key only = null;
        for (Work work : works) {
            Destination.Key key = work.key();
            if (only != null && !only.equals(key)) {
                return null;
            }
            only = key;
        }
        return job.atEnd && !job.localLeft && !job.remoteLeft ? only : null;
    }

    /** One of them that would go into a lane that is full: a backlog of one channel must not stop the other. */
    private Destination.@Nullable Key toFullLane(List<Work> works) {
        return works.stream()
                .map(Work::key)
                .filter(key -> lane(key).isFull())
                .findFirst()
                .orElse(null);
    }

    private Lane lane(Destination.Key key) {
        return key.remote() ? remote : local;
    }

    private Lane laneOf(Job job) {
        return job.countsAsRemote ? remote : local;
    }

    // ---- deliveries

    private void startDeliveries() {
        for (Work work = start(); work != null; work = start()) {
            long number = ++deliveries;
            log.starting(number, work.job().message.id(), work.route());
            status();
            Work started = work;
            Thread thread = Threads.unstarted("delivery " + number, () -> deliver(started, number));
            delivering.add(thread);
            thread.start();
        }
    }

    private @Nullable Work start() {
        if (exiting) {
            return null;
        }
        Work work = local.start();
        return work != null ? work : remote.start();
    }

    private void deliver(Work work, long number) {
        // Until the account has been written, it was not tried.
        boolean deferred = true;
        try {
            deferred = tried(work, number);
        } catch (Throwable e) {
            log.line("alert: unable to keep account of delivery " + number + ": " + e + "; will try again later");
        } finally {
            ended(work, deferred);
        }
    }

    /** Tries, and enters it into the account; true where it is to be tried again. */
    private boolean tried(Work work, long number) {
        DeliveryResult result = attempt(work);
        // Interrupted or not, the account must be written.
        boolean ignored = Thread.interrupted();
        if (work.job().dying && result instanceof DeliveryResult.Deferred d) {
            String report = d.report();
            String separator = report.isEmpty() || report.endsWith("\n") ? "" : "\n";
            result = new DeliveryResult.Bounced(report + separator + TOO_OLD);
        }
        log.ended(number, result);
        return accounts.enter(work.job(), work.recipient(), result);
    }

    private void ended(Work work, boolean deferred) {
        Job job = work.job();
        boolean over;
        lock.lock();
        try {
            if (deferred) {
                job.deferred(work.route());
            }
            lane(work.key()).ended(work);
            delivering.remove(Thread.currentThread());
            job.outstanding--;
            if (!job.atEnd && job.outstanding < Job.PORTION / 2 && !exiting) {
                portion(job).forEach(more -> lane(more.key()).add(more));
            }
            over = job.isPassOver();
            closing += over ? 1 : 0;
            status();
        } finally {
            lock.unlock();
        }
        if (over) {
            passOver(job);
        } else {
            wake();
        }
    }

    private DeliveryResult attempt(Work work) {
        QueuedMessage message = work.job().message;
        String address = work.route().address();
        Delivery delivery = new Delivery(
                message.name().delivery(work.recipient()), Verp.sender(message.sender(), address), address, message);
        try {
            return switch (work.route()) {
                case Route.Local l -> deliverers.local().deliver(delivery);
                case Route.Remote r -> deliverers.remote().deliver(delivery);
            };
        } catch (Throwable e) {
            return new DeliveryResult.Deferred("Unexpected trouble: " + e + ". (#4.3.0)\n");
        }
    }

    /** Everyone who was due was tried: the message waits, or is done. */
    private void passOver(Job job) {
        boolean done = false;
        try {
            if (job.isDone()) {
                done = accounts.end(job, settings, routes) == Accounts.End.DONE;
            } else {
                accounts.save(job);
            }
        } catch (Throwable e) {
            log.line("alert: unable to close msg " + job.message.id() + ": " + e + "; will try again later");
        } finally {
            lock.lock();
            try {
                laneOf(job).addEnvelope(-job.message.envelopeOctets());
                open.remove(job);
                if (!done) {
                    waitAgain(job);
                }
                closing--;
            } finally {
                lock.unlock();
            }
            wake();
        }
    }

    private void waitAgain(Job job) {
        Entry entry = job.entry;
        entry.unsaved = job.marks.isUnsaved() ? job.marks : null;
        if (job.isDone()) {
            entry.dueAt(clock.now().plus(AFTER_TROUBLE));
        } else {
            Instant birth = job.message.taken();
            entry.dueLocal = due(job.localDeferred, job.localLeft, entry.dueLocal, localBackOff, birth);
            entry.dueRemote = due(job.remoteDeferred, job.remoteLeft, entry.dueRemote, remoteBackOff, birth);
        }
        waiting.add(entry);
    }

    private Instant due(boolean deferred, boolean left, Instant before, BackOff backOff, Instant birth) {
        if (deferred) {
            return backOff.next(birth, clock.now());
        }
        if (!left) {
            return Entry.NEVER;
        }
        // There was none of them before: a changed route has made them such, and they are due.
        return before.equals(Entry.NEVER) ? clock.now() : before;
    }

    // ---- over a restart

    /** What is open or waits, as it stands when the sender has ended. */
    private void keep() {
        List<Job> jobs;
        List<Entry> scheduled;
        List<Entry> all;
        lock.lock();
        try {
            jobs = new ArrayList<>(open);
            scheduled = new ArrayList<>(waiting);
            all = new ArrayList<>(waiting);
            all.addAll(local.parked());
            all.addAll(remote.parked());
        } finally {
            lock.unlock();
        }
        jobs.forEach(accounts::save);
        restart.saveMarks(all);
        restart.saveSchedule(scheduled);
    }
}
