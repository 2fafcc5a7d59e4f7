package org.postern.send;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.config.SendSettings;
import org.postern.mail.DeliveryResult;
import org.postern.os.Errno;
import org.postern.os.Threads;
import org.postern.queue.MessageName;
import org.postern.queue.Queue;

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
    static final Duration AFTER_TROUBLE = Duration.ofSeconds(123);

    /** A delivery that does not even heed an interrupt is left to its fate. */
    private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(5);

    private static final Duration LONGEST_SLEEP = Duration.ofMinutes(1);

    private final Queue queue;
    private final Deliverers deliverers;
    private final Reload reload;
    private final SenderClock clock;
    private final SendLog log;
    private final Duration drainLimit;
    private final Accounts accounts;
    private final Opening opening;
    private final Restart restart;
    private volatile SendSettings settings;
    private volatile Routes routes;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Set<Thread> delivering = new HashSet<>();
    private final HourCounts counts;
    private final Lanes lanes;
    private final Schedule schedule;
    private final Set<Job> open = new HashSet<>();
    private final Running control;
    private long deliveries;
    /** Messages whose account is being closed. */
    private int closing;

    private boolean exiting;
    private boolean abandoned;
    private boolean stirred;
    private Instant hoursSaved = Instant.EPOCH;

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
        routes = new Routes(settings, deliverers.places());
        counts = new HourCounts(clock, this.log);
        lanes = new Lanes(settings, counts);
        schedule = new Schedule(clock, lanes);
        accounts = new Accounts(queue, this.log, clock);
        opening = new Opening(queue, this.log, clock, accounts);
        restart = new Restart(queue, this.log, clock);
        control = new Running(queue, clock, deliverers.remote(), this.log, this::wake, lock, schedule, lanes, open);
    }

    /**
     * Sends until {@link #terminate}; returns when the deliveries under way have ended.
     *
     * @throws InterruptedException where an interrupt made it end; all is in order then as well
     */
    public void run() throws InterruptedException {
        queue.onArrival(this::wake);
        List<Entry> found = restart.found();
        List<String> hours = restart.hours();
        Thread drop = Threads.start("drop", new DropWatch(queue, log, this::isExiting));
        Thread outlines = Threads.start("outlines", () -> control.readOutlines(found));
        boolean interrupted = false;
        lock.lock();
        try {
            counts.take(hours);
            schedule.addAll(found);
            control.started();
            status();
            while (!(exiting && (isQuiet() || abandoned))) {
                stirred = false;
                Instant next = exiting ? Instant.MAX : openWhatIsDue();
                startDeliveries();
                saveHours();
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
        interrupted |= endOf(outlines);
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

    /** What an administrator can do, from any thread, while {@link #run} runs. */
    public QueueControl control() {
        return control;
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

    /** ALRM: everything is due now. Hosts that did not answer are left alone all the same, as in qmail. */
    public void retryAll() {
        lock.lock();
        try {
            schedule.allNow();
        } finally {
            lock.unlock();
        }
        wake();
    }

    /** HUP: locals and virtualdomains are read anew, and count for what is queued as well. */
    public void reload() {
        try {
            settings = reload.reload(settings);
            routes = new Routes(settings, deliverers.places());
            log.line("routes: read anew, locals " + settings.locals().size() + ", virtualdomains "
                    + settings.virtualdomains().size());
        } catch (IOException e) {
            log.line(
                    "alert: unable to reread controls: " + Errno.djbTextWithFile(e) + "; the routes stay as they were");
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
        return lanes.active() + closing == 0;
    }

    private void status() {
        log.status(lanes.local().active(), lanes.local().limit, lanes.remote().active(), lanes.remote().limit, exiting);
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
            schedule.arrived(name);
        }
        for (int opened = 0; !lanes.areFull(); opened++) {
            if (opened == AT_ONCE) {
                stirred = true;
                return Instant.MIN; // Deliveries must start, and arrivals be seen, while 100,000 are opened.
            }
            Entry entry = schedule.next();
            if (entry == null) {
                return schedule.nextDue();
            }
            open(entry);
        }
        return Instant.MAX; // A delivery that ends will wake us.
    }

    /** Reads the message, without the lock, and queues its recipients. */
    private void open(Entry entry) {
        Opening.Opened opened;
        Dropping order = entry.order;
        lock.unlock();
        try {
            opened = opening.open(entry, settings, order);
        } finally {
            lock.lock();
        }
        if (entry.order == order && !(opened instanceof Opening.Opened.Later)) {
            entry.order = null; // Carried out, and no other was given meanwhile.
        }
        schedule.opened();
        switch (opened) {
            case Opening.Opened.Ready ready when entry.held || entry.order != null -> schedule.add(entry);
            case Opening.Opened.Ready ready -> begin(ready.job());
            case Opening.Opened.Later later -> schedule.later(entry, later.pause());
            case Opening.Opened.Gone _ -> {}
        }
    }

    private void begin(Job job) {
        List<Work> works = job.portion(routes);
        Destination.Key only = job.onlyDestination(works);
        job.entry.destination = only;
        boolean tried = job.entry.wasTried(clock.now());
        Destination.Key enough = only != null && lanes.of(only).hasEnough(only) ? only : lanes.crowd(works, tried);
        if (enough != null) {
            lanes.of(enough).park(job.entry, enough, tried);
            return;
        }
        Instant held = only == null || works.isEmpty() ? null : lanes.of(only).waitsUntil(works.getFirst());
        if (held != null) {
            schedule.held(job.entry, held);
            return;
        }
        open.add(job);
        job.countsAsRemote = works.stream().anyMatch(work -> work.key().remote());
        lanes.of(job).addEnvelope(job.message.envelopeOctets());
        queueUp(job, works);
        if (job.isPassOver()) {
            closing++;
            close(job);
        }
    }

    private void close(Job job) {
        try {
            Thread _ = Threads.start("end " + job.entry.name, () -> passOver(job));
        } catch (OutOfMemoryError | RuntimeException e) {
            // The system gives no thread: then this one does it, and the others wait.
            passOver(job);
        }
    }

    /** These recipients wait for deliveries, and more, until it is a portion. */
    private void queueUp(Job job, List<Work> first) {
        boolean tried = job.entry.wasTried(clock.now());
        for (List<Work> works = first; !works.isEmpty(); works = job.portion(routes)) {
            for (Work work : works) {
                Instant held = lanes.of(work.key()).waitsUntil(work);
                if (held != null) {
                    job.held(work, held);
                } else if (!lanes.add(work, tried)) {
                    job.crowdedOut(work);
                }
            }
        }
    }

    // ---- deliveries

    private void startDeliveries() {
        for (Work work = start(); work != null; work = start()) {
            long number = ++deliveries;
            log.starting(number, work.job().message.id(), work.route());
            status();
            Work started = work;
            started.job().active++;
            try {
                Thread thread = Threads.unstarted("delivery " + number, () -> deliver(started, number));
                delivering.add(thread);
                thread.start();
            } catch (OutOfMemoryError | RuntimeException e) {
                notStarted(started, number, e);
                return;
            }
        }
    }

    /** The system gives no thread: the delivery is deferred, and nothing more is started in this round. */
    private void notStarted(Work work, long number, Throwable why) {
        DeliveryResult result = new DeliveryResult.Deferred("No thread for a delivery: " + why.getMessage() + "\n");
        delivering.removeIf(thread -> thread.getState() == Thread.State.NEW);
        lock.unlock();
        try {
            log.ended(number, result);
            ended(work, result, Duration.ZERO, true);
        } finally {
            lock.lock();
        }
    }

    private @Nullable Work start() {
        if (exiting) {
            return null;
        }
        return lanes.start();
    }

    private void deliver(Work work, long number) {
        // Until the account has been written, it was not tried.
        boolean deferred = true;
        DeliveryResult result = new DeliveryResult.Deferred("");
        long began = System.nanoTime();
        try {
            result = Attempt.of(work, deliverers);
            // Interrupted or not, the account must be written.
            boolean ignored = Thread.interrupted();
            log.ended(number, result);
            deferred = accounts.enter(work, result);
            if (deferred) {
                control.said(work.job().entry, result.report());
            }
        } catch (Throwable e) {
            log.line("alert: unable to keep account of delivery " + number + ": " + e + "; will try again later");
        } finally {
            ended(work, result, Duration.ofNanos(System.nanoTime() - began), deferred);
        }
    }

    private void ended(Work work, DeliveryResult result, Duration took, boolean deferred) {
        Job job = work.job();
        boolean over;
        lock.lock();
        try {
            if (deferred) {
                job.deferred(work.route());
            }
            List<Work> held = lanes.of(work.key()).ended(work, result, took);
            delivering.remove(Thread.currentThread());
            job.outstanding--;
            job.active--;
            held.forEach(this::hold);
            over = isPassOver(job);
            held.stream()
                    .map(Work::job)
                    .distinct()
                    .filter(other -> other != job)
                    .forEach(this::goOn);
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

    private void hold(Work work) {
        Instant until = lanes.of(work.key()).waitsUntil(work);
        work.job().held(work, until == null ? clock.now() : until);
    }

    /** Some of its recipients are not waiting any more. */
    private void goOn(Job job) {
        if (isPassOver(job)) {
            close(job);
        }
    }

    /** More of its recipients wait for deliveries; true where there are none, and it must be closed. */
    private boolean isPassOver(Job job) {
        if (!job.atEnd && job.outstanding < Job.PORTION / 2 && !exiting) {
            queueUp(job, job.portion(routes));
        }
        closing += job.isPassOver() ? 1 : 0;
        return job.isPassOver();
    }

    /** Everyone who was due was tried: the message waits, or is done. */
    private void passOver(Job job) {
        boolean done = false;
        try {
            if (job.isDone()) {
                done = accounts.end(job, settings, routes) == Accounts.End.DONE;
            } else {
                accounts.pause(job, settings, routes);
            }
        } catch (Throwable e) {
            log.line("alert: unable to close msg " + job.message.id() + ": " + e + "; will try again later");
        } finally {
            lock.lock();
            try {
                lanes.of(job).addEnvelope(-job.message.envelopeOctets());
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
        control.outline(job);
        if (entry.order != null) {
            schedule.later(entry, Duration.ZERO);
            return;
        }
        if (job.isDone()) {
            schedule.later(entry, AFTER_TROUBLE);
        } else {
            schedule.again(job);
        }
    }

    // ---- over a restart

    /** Once a minute, if something was counted: a crash forgets a minute's messages, no more. */
    private void saveHours() {
        if (clock.now().isBefore(hoursSaved.plus(LONGEST_SLEEP)) || !counts.takeChanged()) {
            return;
        }
        hoursSaved = clock.now();
        List<String> lines = counts.lines();
        lock.unlock();
        try {
            restart.saveHours(lines);
        } finally {
            lock.lock();
        }
    }

    /** What is open or waits, as it stands when the sender has ended. */
    private void keep() {
        List<Job> jobs;
        List<Entry> scheduled;
        List<Entry> all;
        List<String> hours;
        lock.lock();
        try {
            jobs = new ArrayList<>(open);
            scheduled = schedule.waiting();
            all = schedule.all();
            all.addAll(lanes.parked());
            hours = counts.lines();
        } finally {
            lock.unlock();
        }
        restart.saveHours(hours);
        jobs.forEach(accounts::save);
        all.removeIf(this::isDropped);
        scheduled.retainAll(new HashSet<>(all));
        restart.saveMarks(all);
        restart.saveSchedule(scheduled);
    }

    /** What was ordered while a delivery was under way; true where the message is gone by it. */
    private boolean isDropped(Entry entry) {
        Dropping order = entry.order;
        try {
            return order != null && opening.carryOut(order, entry);
        } catch (IOException e) {
            log.line("alert: unable to drop msg " + entry.name.id() + ": " + Errno.djbText(e)
                    + "; it is in the queue at the next start");
            return false;
        }
    }
}
