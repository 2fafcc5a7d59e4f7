package org.postern.control;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import org.postern.chain.Log;
import org.postern.os.Octets;
import org.postern.queue.Listed;
import org.postern.send.QueueControl;
import org.postern.send.Sender;

/** Does what is asked of a queue, and says what came of it. */
public final class QueueAnswers {
    private static final int LONGEST_HEADER = 64 << 10;

    private final QueueControl control;
    private final InstantSource clock;
    private final Log log;
    private final boolean runs;

    /**
     * @param log is told what was done
     * @param runs whether somebody sends from the queue
     */
    public QueueAnswers(QueueControl control, InstantSource clock, Log log, boolean runs) {
        this.control = control;
        this.clock = clock;
        this.log = log;
        this.runs = runs;
    }

    /** For a queue that is being sent from. */
    public static QueueAnswers of(Sender sender, InstantSource clock, Log log) {
        return new QueueAnswers(sender.control(), clock, log, true);
    }

    /** @return the exit code */
    public int answer(Request.OfQueue request, Answer answer) throws IOException {
        QueueWriter writer = switch (request.form()) {
            case TABLE -> new QueueTable(answer.out(), clock.instant());
            case JSON -> new QueueJson(answer.out());
        };
        switch (request) {
            case Request.QueueList list -> {
                control.list(list.which(), writer::line);
                writer.end();
            }
            case Request.QueueShow show -> {
                AtomicInteger shown = new AtomicInteger();
                control.list(show.which(), (message, state, report) -> {
                    writer.whole(message, state, report, header(message));
                    shown.incrementAndGet();
                });
                writer.end();
                if (shown.get() == 0) {
                    answer.error("no message of the queue matches");
                }
            }
            case Request.QueueRetry r -> done(writer, QueueWriter.Verb.RETRY, control.retry(r.which()));
            case Request.QueueHold h -> done(writer, QueueWriter.Verb.HOLD, control.hold(h.which()));
            case Request.QueueRelease r -> done(writer, QueueWriter.Verb.RELEASE, control.release(r.which()));
            case Request.ForgetTimeOuts _ -> {
                control.forgetTimeOuts();
                log.line("control: tcpok: hosts that did not answer are tried again");
            }
            case Request.QueueDrop d ->
                done(
                        writer,
                        d.bounce() ? QueueWriter.Verb.BOUNCE : QueueWriter.Verb.DROP,
                        control.drop(d.which(), d.bounce()));
        }
        return 0;
    }

    private void done(QueueWriter writer, QueueWriter.Verb verb, QueueControl.Touched touched) throws IOException {
        log.line("control: queue " + verb.word + ": messages " + touched.messages());
        writer.done(verb, touched, runs);
    }

    /** The message's header as it lies in the file; empty where the message has gone meanwhile. */
    private String header(Listed message) throws IOException {
        try (InputStream in = control.message(message.name()).open()) {
            String text = Octets.of(in.readNBytes(LONGEST_HEADER));
            int end = text.startsWith("\n") ? 0 : text.indexOf("\n\n") + 1;
            return end > 0 || text.startsWith("\n") ? text.substring(0, end) : text;
        } catch (NoSuchFileException e) {
            return "";
        }
    }
}
