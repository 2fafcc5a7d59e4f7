package org.postern.send;

import java.io.IOException;
import java.util.List;
import org.postern.config.SendSettings;
import org.postern.mail.Action;
import org.postern.mail.DeliveryResult;
import org.postern.mail.Notify;
import org.postern.os.Errno;
import org.postern.queue.Marks;
import org.postern.queue.MessageName;
import org.postern.queue.Queue;

/** Keeps the account of a message on disk: who is finished, the bounce, the end. */
final class Accounts {
    private final Queue queue;
    private final SendLog log;
    private final SenderClock clock;

    /** How ending a message ended. */
    enum End {
        DONE,
        /** The disk did not let us; nothing is delivered again meanwhile. */
        LATER
    }

    Accounts(Queue queue, SendLog log, SenderClock clock) {
        this.queue = queue;
        this.log = log;
        this.clock = clock;
    }

    /**
     * Enters what became of one recipient.
     *
     * @return true where it is to be tried again
     */
    boolean enter(Work work, DeliveryResult result) {
        Job job = work.job();
        int recipient = work.recipient();
        Notify wanted = hearsNothing(job) ? Notify.UNSPECIFIED : work.dsn().wanted();
        job.bookkeeping.lock();
        try {
            switch (result) {
                case DeliveryResult.Delivered d
                when wanted.success() && d.action() != Action.PASSED_ON ->
                    job.marks.succeeded(
                            recipient, d.action(), d.action() == Action.RELAYED ? d.report() : "", clock.now());
                case DeliveryResult.Delivered _ -> finished(job, recipient);
                case DeliveryResult.Bounced b
                when wanted.failure() -> job.marks.failed(recipient, b.report(), clock.now());
                case DeliveryResult.Bounced _ -> finished(job, recipient); // RFC 3461 §5.2.6
                case DeliveryResult.Deferred d -> {
                    if (wanted.delay() && job.isLate && !hearsNothing(job) && !job.marks.isDelayTold(recipient)) {
                        job.delayed(new Marks.Outcome(recipient, Action.DELAYED, d.report(), clock.now()));
                    }
                    return true;
                }
            }
        } catch (IOException e) {
            troubleMarking(job, e);
        } finally {
            job.bookkeeping.unlock();
        }
        return false;
    }

    /** A bounce, or what came of one: no notice of it goes out but those of qmail-send itself (RFC 3461 §6.1). */
    private static boolean hearsNothing(Job job) {
        String sender = job.message.sender();
        return sender.isEmpty() || sender.equals(Notice.NOBODY);
    }

    /** Nobody wants to hear more of this recipient. */
    private static void finished(Job job, int recipient) throws IOException {
        if (job.message.recipientCount() == 1) {
            job.marks.deliveredLast(recipient);
        } else {
            job.marks.delivered(recipient);
        }
    }

    /** Some recipients wait to be tried again. */
    void pause(Job job, SendSettings settings, Routes routes) {
        save(job);
        try {
            tell(job, settings, routes);
        } catch (IOException e) {
            log.line("warning: trouble injecting a notice of msg " + job.message.id() + ": " + Errno.djbText(e)
                    + "; will try later");
        }
    }

    /** Tells the sender what he wanted to hear of this pass. */
    private void tell(Job job, SendSettings settings, Routes routes) throws IOException {
        Marks marks = job.marks;
        List<Marks.Outcome> delayed = job.takeDelayed();
        if (marks.hasSuccesses()) {
            marks.save();
            Notice notice = Notice.success(context(settings, routes), job.message, marks);
            log.notice(
                    job.message.id(), queue.addNotice(notice.envelope(), notice).id(), "success");
            marks.successesTold();
        }
        if (!delayed.isEmpty()) {
            Notice notice = Notice.delay(context(settings, routes), job.message, delayed);
            log.notice(
                    job.message.id(), queue.addNotice(notice.envelope(), notice).id(), "delay");
            marks.delayTold(delayed.stream().map(Marks.Outcome::recipient).toList());
        }
    }

    private Notice.Context context(SendSettings settings, Routes routes) {
        return new Notice.Context(settings, routes, clock.now(), clock.random());
    }

    /** Writes marks that could not be written before. */
    void save(Job job) {
        job.bookkeeping.lock();
        try {
            job.marks.save();
        } catch (IOException e) {
            troubleMarking(job, e);
        } finally {
            job.bookkeeping.unlock();
        }
    }

    private void troubleMarking(Job job, IOException e) {
        log.line("warning: trouble marking marks/" + job.message.name() + ": " + Errno.djbText(e)
                + "; will try again later");
    }

    /** All recipients are finished: the bounce, where one is due, and then the message goes. */
    End end(Job job, SendSettings settings, Routes routes) {
        MessageName name = job.message.name();
        Marks marks = job.marks;
        try {
            tell(job, settings, routes);
            MessageName bounce = null;
            if (marks.hasFailures() && mayBounce(job, settings)) {
                bounce = bounce(job, settings, routes);
            }
            try {
                queue.remove(name, marks.onDisk());
            } catch (IOException e) {
                log.line("warning: unable to remove mess/" + name + ": " + Errno.djbText(e) + "; will try again later");
                return End.LATER;
            }
            if (job.entry.held) { // Its last delivery was under way.
                queue.forgetHold(name);
            }
            log.end(name.id());
            if (bounce != null) {
                queue.releaseBounce(bounce);
            }
            return End.DONE;
        } catch (IOException e) {
            log.line("warning: trouble injecting bounce message for msg " + name.id() + ": " + Errno.djbText(e)
                    + "; will try later");
            return End.LATER;
        }
    }

    private boolean mayBounce(Job job, SendSettings settings) {
        String sender = job.message.sender();
        if (sender.equals(Notice.NOBODY)) {
            log.line("triple bounce: discarding bounce/" + job.message.id());
            return false;
        }
        if (sender.isEmpty() && settings.doublebounceto().isEmpty()) {
            log.line("double bounce: discarding bounce/" + job.message.id());
            return false;
        }
        return true;
    }

    private MessageName bounce(Job job, SendSettings settings, Routes routes) throws IOException {
        Marks marks = job.marks;
        MessageName name = marks.bounce().orElseGet(queue::nameForBounce);
        // Were the name lost after the bounce is there, another one would be made.
        marks.bounceWillBe(name);
        // One that is there was perhaps not synced. Nobody delivers it before the message is gone.
        Notice bounce = Notice.failure(context(settings, routes), job.message, marks);
        queue.addBounce(name, job.message.name(), bounce.envelope(), bounce);
        log.bounce(job.message.id(), name.id());
        return name;
    }

    /**
     * A message that is gone: someone removed it by hand, or we did, and the disk did not let us finish. Then its bounce is
     * there, and may be delivered now.
     */
    End forget(Entry entry) {
        MessageName name = entry.name;
        try {
            Marks marks = entry.unsaved != null ? entry.unsaved : queue.marks(name);
            MessageName bounce = marks.bounce().orElse(null);
            queue.remove(name, true);
            if (entry.held) {
                queue.forgetHold(name);
            }
            if (bounce != null && queue.exists(bounce)) {
                queue.releaseBounce(bounce);
            }
            return End.DONE;
        } catch (IOException e) {
            log.line("warning: unable to remove marks/" + name + ": " + Errno.djbText(e) + "; will try again later");
            return End.LATER;
        }
    }
}
