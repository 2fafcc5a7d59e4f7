package org.postern.smtpd;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.postern.config.SmtpdSettings;
import org.postern.mail.Envelope;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.smtpd.Step.Close;
import org.postern.smtpd.Step.Say;
import org.postern.tcp.Connection;
import org.postern.tcp.DotReader;

/**
 * Takes one message (RFC 5321 §4.1.1.4) into the queue, in constant memory. What is to be refused is read to its end and
 * dropped, and nothing of a message whose end does not come stays behind.
 */
final class MailData {
    private static final int PIECE = 8192;

    private final Site site;
    private final Connection connection;
    private final Peer peer;
    private final boolean submission;
    private final Consumer<SmtpdEvent> events;

    /** @param submission whether a header is completed (RFC 6409 §8) */
    MailData(Site site, Connection connection, Peer peer, boolean submission, Consumer<SmtpdEvent> events) {
        this.site = site;
        this.connection = connection;
        this.peer = peer;
        this.submission = submission;
        this.events = events;
    }

    Step receive(Hello hello, Transaction transaction) throws IOException {
        State next = new State.Ready(hello);
        Intake.Draft draft;
        try {
            draft = (transaction.mayRelay() ? site.intake().ofClients() : site.intake()).begin();
        } catch (IOException e) {
            events.accept(new SmtpdEvent.Trouble("unable to begin a message in the queue", e));
            return new Say(Reply.QQT_FAILURE, next);
        }
        try (draft) {
            connection.write(site.manners().text(Reply.GO_AHEAD));
            byte[] received = Octets.bytes(Received.line(
                    peer,
                    hello,
                    site.manners().protocol(hello, transaction.smtputf8())
                            + site.manners().protocolDetails(hello),
                    site.clock().instant()));
            draft.write(received, 0, received.length);
            return receive(draft, transaction.envelope(), next);
        }
    }

    private Step receive(Intake.Draft draft, Envelope envelope, State next) throws IOException {
        DotReader text = new DotReader(connection);
        HopCount hops = new HopCount();
        Utf8Header utf8 = new Utf8Header();
        byte[] piece = new byte[PIECE];
        long octets = 0;
        Optional<Reply> refusal = Optional.empty();
        Optional<SubmittedHeader> header = submission
                ? Optional.of(new SubmittedHeader(
                        draft, site.settings().smtpgreeting(), site.clock().instant()))
                : Optional.empty();
        while (true) {
            int n = text.read(piece, site.settings().timeoutsmtpd());
            boolean stray = text.bareLf() || text.loneCr();
            if (stray && site.manners().closesAtStrayLineEnd()) {
                return new Close(site.manners().strayLineEnd(), End.CLOSED);
            }
            if (n == DotReader.CUT) {
                return new Step.Leave();
            }
            if (n == DotReader.END) {
                break;
            }
            octets += n;
            hops.scan(piece, n);
            utf8.scan(piece, n);
            refusal = envelope.smtputf8() && utf8.isWrong()
                    ? Optional.of(Reply.HEADER_NOT_UTF8)
                    : refusal(octets, text, hops);
            if (refusal.isEmpty()) {
                if (header.isPresent()) {
                    header.get().write(piece, n);
                } else {
                    draft.write(piece, 0, n);
                }
            }
        }
        header.ifPresent(SubmittedHeader::end);
        if (refusal.isPresent()) {
            return refused(envelope, refusal.get(), next);
        }
        return switch (draft.commit(envelope)) {
            case Intake.Outcome.Queued queued -> {
                events.accept(new SmtpdEvent.MessageQueued(envelope, queued.id(), octets));
                Instant now = site.clock().instant();
                yield new Say(Reply.queued(now.getEpochSecond(), queued.id()), next);
            }
            case Intake.Outcome.Refused refused -> refused(envelope, QueueReplies.of(refused.exit()), next);
        };
    }

    /** What speaks against the message so far. None of it ever goes away with more text. */
    private Optional<Reply> refusal(long octets, DotReader text, HopCount hops) {
        SmtpdSettings settings = site.settings();
        if (text.bareLf() || text.loneCr()) {
            return Optional.of(site.manners().strayLineEnd());
        }
        if (hops.tooMany()) {
            return Optional.of(Reply.TOO_MANY_HOPS);
        }
        if (settings.databytes() > 0 && octets > settings.databytes()) {
            return Optional.of(Reply.DATABYTES_EXCEEDED);
        }
        return text.longestLine() > settings.maxline()
                ? Optional.of(Reply.lineTooLong(settings.maxline()))
                : Optional.empty();
    }

    private Step refused(Envelope envelope, Reply reply, State next) {
        events.accept(new SmtpdEvent.MessageRefused(envelope, reply));
        return new Say(reply, next);
    }
}
