package org.postern.send;

import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.mail.DsnRcpt;
import org.postern.queue.Marks;
import org.postern.queue.QueuedMessage;

/**
 * A message that is open: every recipient that is due is tried once, then it waits again or is done. Recipients are
 * looked at in portions, so that a list of 100,000 does not stand in memory a second time.
 */
final class Job {
    /** So many recipients of a message wait for a free delivery at a time. */
    static final int PORTION = 200;

    /** A notice of delay tells of so many; of the others the next one does. */
    private static final int MOST_DELAYED = 1000;

    final Entry entry;
    final QueuedMessage message;
    final Marks marks;
    /** It is older than queuelifetime: who cannot be reached now is given up. */
    final boolean dying;
    /** It is older than delaynotify: who has to wait on is told of to the sender. */
    final boolean isLate;
    /** Held while marks are written. */
    final ReentrantLock bookkeeping = new ReentrantLock();

    private final BitSet finishedBefore;
    private final QueuedMessage.Recipients recipients;

    /** What a pass has come to so far, for the local or the remote recipients. Guarded by the sender's lock. */
    static final class Channel {
        final boolean due;
        /** Some are not due, and were not looked at. */
        boolean left;
        /** Some were tried, and are to be tried again. */
        boolean deferred;
        /** Some were not tried, since too many wait already. */
        boolean crowded;
        /** Some were not tried, and wait for so long at least: the limit of an hour. */
        @Nullable
        Instant heldUntil;

        Channel(boolean due) {
            this.due = due;
        }

        /** Somebody is to be tried later. */
        boolean isOpen() {
            return left || deferred || crowded || heldUntil != null;
        }
    }

    final Channel local;
    final Channel remote;

    /** Guarded by {@link #bookkeeping}; taken when no delivery is under way. */
    private final List<Marks.Outcome> delayed = new ArrayList<>();

    // Guarded by the sender's lock.
    /** Its envelope counts for the remote lane. */
    boolean countsAsRemote;

    boolean atEnd;
    /** Recipients that wait for a delivery or have one. */
    int outstanding;
    /** Those that have one. */
    int active;
    /** One of the destinations for which too many wait already. */
    Destination.@Nullable Key crowd;

    Job(
            Entry entry,
            QueuedMessage message,
            Marks marks,
            boolean dying,
            boolean isLate,
            boolean localDue,
            boolean remoteDue) {
        this.entry = entry;
        this.message = message;
        this.marks = marks;
        this.dying = dying;
        this.isLate = isLate;
        local = new Channel(localDue);
        remote = new Channel(remoteDue);
        finishedBefore = marks.finished();
        recipients = message.recipients();
    }

    /** The next recipients to be tried, until a portion of them is outstanding. */
    List<Work> portion(Routes routes) {
        List<Work> works = new ArrayList<>();
        while (!atEnd && outstanding < PORTION) {
            Work work = next(routes);
            if (work != null) {
                works.add(work);
                outstanding++;
            }
        }
        return works;
    }

    /** Where all that is left of the message goes, given all of it, where that is one destination. */
    Destination.@Nullable Key onlyDestination(List<Work> works) {
        Destination.Key only = null;
        for (Work work : works) {
            Destination.Key key = work.key();
            if (only != null && !only.equals(key)) {
                return null;
            }
            only = key;
        }
        return atEnd && !local.left && !remote.left ? only : null;
    }

    /** The next recipient to be tried in this pass; null at the end. */
    private @Nullable Work next(Routes routes) {
        while (recipients.next()) {
            if (!finishedBefore.get(recipients.index())) {
                Route route = routes.route(recipients.address());
                if (isDue(route)) {
                    return new Work(this, recipients.index(), route, dsn(routes));
                }
            }
        }
        atEnd = true;
        return null;
    }

    /** Whom the sender named is kept where this address may turn out to stand for another (RFC 3461 §5.2.7). */
    private DsnRcpt dsn(Routes routes) {
        DsnRcpt dsn = recipients.dsn();
        return dsn.wanted().given() ? dsn.withOriginal(routes.complete(recipients.address())) : dsn;
    }

    private Channel channel(Route route) {
        return switch (route) {
            case Route.Local _ -> local;
            case Route.Remote _ -> remote;
        };
    }

    /** The sender is to hear, at the end of the pass, that this one has to wait. */
    void delayed(Marks.Outcome outcome) {
        if (delayed.size() < MOST_DELAYED) {
            delayed.add(outcome);
        }
    }

    List<Marks.Outcome> takeDelayed() {
        List<Marks.Outcome> taken = List.copyOf(delayed);
        delayed.clear();
        return taken;
    }

    /** Nobody more is tried in this pass; those who were not may be local or remote. */
    void stop(int takenBack) {
        outstanding -= takenBack;
        atEnd = true;
        local.left = true;
        remote.left = true;
    }

    private boolean isDue(Route route) {
        Channel channel = channel(route);
        channel.left |= !channel.due;
        return channel.due;
    }

    void deferred(Route route) {
        channel(route).deferred = true;
    }

    /** It has its turn in another pass: too many wait for its destination, and the like of it. */
    void crowdedOut(Work work) {
        channel(work.route()).crowded = true;
        crowd = work.key();
        outstanding--;
    }

    /** Its destination has had what it may have in an hour. */
    void held(Work work, Instant until) {
        Channel channel = channel(work.route());
        Instant before = channel.heldUntil;
        channel.heldUntil = before == null || until.isBefore(before) ? until : before;
        outstanding--;
    }

    /** All who were due were tried. */
    boolean isPassOver() {
        return atEnd && outstanding == 0;
    }

    /** Nobody is left to be tried, now or later. */
    boolean isDone() {
        return !(local.isOpen() || remote.isOpen());
    }
}
