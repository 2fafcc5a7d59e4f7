package org.postern.tool;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.postern.chain.Log;
import org.postern.chain.Tool;
import org.postern.config.QmailControl;
import org.postern.config.SendSettings;
import org.postern.control.ControlServer;
import org.postern.control.Handler;
import org.postern.control.QueueAnswers;
import org.postern.control.Request;
import org.postern.file.Disk;
import org.postern.os.Errno;
import org.postern.os.FileLimit;
import org.postern.os.Heap;
import org.postern.os.Signals;
import org.postern.queue.OriginalQueue;
import org.postern.queue.Queue;
import org.postern.queue.QueueDirectory;
import org.postern.queue.SubmissionServer;
import org.postern.queue.Submitters;
import org.postern.send.Deliverers;
import org.postern.send.Sender;
import org.postern.send.SenderClock;

/**
 * usage: qmail-send [ defaultdelivery ]. Delivers what is in the queue until TERM; usually started by qmail-start. What
 * the original does in four processes is done in this one. Its log goes to descriptor 1.
 */
public final class QmailSend implements Tool {
    private static final int MISUSED = 100;
    private static final int CANNOT_START = 111;
    private static final Duration DRAIN_LIMIT = Duration.ofSeconds(60);

    /** Descriptors that a delivery has open at most, a program of .qmail or the next hop's socket included. */
    private static final int FILES_OF_A_DELIVERY = 8;

    /** Descriptors of the process itself. */
    private static final int FILES_OF_ITS_OWN = 256 + SubmissionServer.FILES;

    private static final String DEFAULT_DELIVERY = "./Mailbox";

    private final Parts parts;

    /** What the rooms of delivery and of users put in. */
    public interface Parts {
        /**
         * @param defaultDelivery the .qmail lines for users who have none, as {@code ./Maildir/}
         * @param log is told what is wrong with accounts
         */
        Deliverers deliverers(Invocation call, String defaultDelivery, Log log) throws IOException;

        /** The uids of qmaild and alias, where the system has them. */
        Submitters submitters() throws IOException;
    }

    public QmailSend(Parts parts) {
        this.parts = parts;
    }

    @Override
    public Exit run(Invocation call) {
        String defaultDelivery = call.args().arguments().stream().findFirst().orElse(DEFAULT_DELIVERY);
        return send(call, defaultDelivery, StandardOutputLog.of(call.fds().connection()));
    }

    /** Sends until TERM. */
    Exit send(Invocation call, String defaultDelivery, Log log) {
        Path home = call.path(call.env().find("QMAILHOME").orElse("/var/qmail"));
        Heap.watch();
        try {
            QmailControl control = new QmailControl(home.resolve("control"));
            SendSettings settings = SendSettings.read(control);
            FileLimit.allow((long) FILES_OF_A_DELIVERY * (settings.concurrencylocal() + settings.concurrencyremote())
                    + FILES_OF_ITS_OWN);
            Deliverers deliverers = parts.deliverers(call, defaultDelivery, log);
            Path original = home.resolve("queue");
            long messages = OriginalQueue.messages(original);
            if (messages > 0) {
                return cannotStart(
                        log,
                        messages + " messages are in " + original + ", in the original qmail's format, which"
                                + " nothing of this qmail-send touches: let the original qmail-send deliver them, or move "
                                + original + " away, and start again");
            }
            QueueDirectory directory = QueueDirectory.underQmail(home);
            SenderClock clock = SenderClock.system();
            return switch (Queue.open(directory, Disk.real(), clock.time(), parts.submitters(), log)) {
                case Queue.Opening.InUse u ->
                    cannotStart(
                            log,
                            "qmail-send is already running"
                                    + u.pid().map(pid -> " (pid " + pid + ")").orElse(""));
                case Queue.Opening.Ready r -> {
                    try (Queue queue = r.queue();
                            deliverers) {
                        yield send(queue, settings, control, deliverers, clock, log);
                    }
                }
            };
        } catch (IOException e) {
            return cannotStart(log, explain(e, home));
        }
    }

    private static Exit send(
            Queue queue, SendSettings settings, QmailControl control, Deliverers deliverers, SenderClock clock, Log log)
            throws IOException {
        Sender.Reload reload =
                current -> current.withRouting(SendSettings.locals(control), SendSettings.virtualdomains(control));
        Sender sender = new Sender(queue, settings, deliverers, reload, clock, log, DRAIN_LIMIT);
        Signals.on("TERM", sender::terminate);
        Signals.on("ALRM", sender::retryAll);
        Signals.on("HUP", sender::reload);
        QueueAnswers answers = QueueAnswers.of(sender, clock.time(), log);
        Handler handler = (request, answer) -> switch (request) {
            case Request.OfQueue q -> answers.answer(q, answer);
            case Request.Reload _ -> {
                answer.error("this is qmail-send, which reads its control files anew at HUP");
                yield MISUSED;
            }
        };
        try (SubmissionServer _ = SubmissionServer.start(queue, log);
                Closeable _ = ControlServer.startOrWarn(queue.directory().root(), handler, log)) {
            sender.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Exit.code(0);
    }

    private static Exit cannotStart(Log log, String why) {
        log.line("alert: cannot start: " + why);
        return Exit.code(CANNOT_START);
    }

    private static String explain(IOException e, Path home) {
        return "unable to use " + home + ": " + Errno.djbTextWithFile(e);
    }
}
