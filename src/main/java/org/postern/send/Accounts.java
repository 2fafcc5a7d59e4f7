package org.postern.send;

import java.io.IOException;
import org.postern.config.SendSettings;
import org.postern.mail.DeliveryResult;
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
    boolean enter(Job job, int recipient, DeliveryResult result) {
        job.bookkeeping.lock();
        try {
            switch (result) {
                case DeliveryResult.Delivered d -> {
                    if (job.message.recipientCount() == 1) {
                        job.marks.deliveredLast(recipient);
                    } else {
                        job.marks.delivered(recipient);
                    }
                }
                case DeliveryResult.Bounced b -> job.marks.failed(recipient, b.report());
                case DeliveryResult.Deferred d -> {
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
            if (job.entry.held) {
                forgetHold(name);
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

    /** It went while it was held: its last delivery was under way. */
    private void forgetHold(MessageName name) {
        try {
            queue.forgetHold(name);
        } catch (IOException e) {
            log.line("warning: unable to remove held/" + name + ": " + Errno.djbText(e) + "; the next start does");
        }
    }

    private boolean mayBounce(Job job, SendSettings settings) {
        String sender = job.message.sender();
        if (sender.equals(Bounce.DOUBLE_BOUNCE)) {
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
        MessageName name = marks.bounce().orElse(null);
        if (name == null) {
            name = queue.nameForBounce();
            marks.bounceWillBe(name);
        } else {
            // Were the name lost after the bounce is there, another one would be made.
            marks.sync();
        }
        if (!queue.exists(name)) {
            Bounce bounce = new Bounce(settings, routes, job.message, marks, clock.now(), clock.random());
            queue.addBounce(name, job.message.name(), bounce.envelope(), bounce);
        }
        log.bounce(job.message.id(), name.id());
        return name;
    }

    /** A message that someone removed by hand. */
    void forget(MessageName name) {
        try {
            queue.remove(name, true);
        } catch (IOException e) {
            log.line("warning: unable to remove marks/" + name + ": " + Errno.djbText(e));
        }
    }
}
