package org.postern.tool;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.postern.chain.Args;
import org.postern.chain.Chain;
import org.postern.chain.Descriptors;
import org.postern.chain.Log;
import org.postern.chain.Tool;
import org.postern.tcp.Connection;

/**
 * usage: qmail-start [ defaultdelivery [ logger arg ... ] ]. Starts qmail-send, with its log on descriptor 1, or, where a
 * logger is named, on the logger's descriptor 0.
 */
public final class QmailStart implements Tool {
    private static final String DEFAULT_DELIVERY = "./Mailbox";
    /** How long the logger may take to write what it has got. */
    private static final Duration LOGGER_LIMIT = Duration.ofSeconds(10);

    private final Chain chain;
    private final QmailSend send;

    public QmailStart(Chain chain, QmailSend send) {
        this.chain = chain;
        this.send = send;
    }

    @Override
    public Exit run(Invocation call) throws IOException {
        List<String> arguments = call.args().arguments();
        String defaultDelivery = arguments.isEmpty() ? DEFAULT_DELIVERY : arguments.getFirst();
        if (arguments.size() < 2) {
            return send.send(
                    call, defaultDelivery, StandardOutputLog.of(call.fds().connection()));
        }
        return withLogger(call, defaultDelivery, arguments.subList(1, arguments.size()));
    }

    private Exit withLogger(Invocation call, String defaultDelivery, List<String> logger) throws IOException {
        LogPipe pipe = LogPipe.open(call.fds().connection().wire());
        Thread reader =
                Thread.ofPlatform().daemon().name("logger").start(() -> runLogger(call, new Args(logger), pipe));
        try {
            return send.send(call, defaultDelivery, pipe.log());
        } finally {
            pipe.closeWriter();
            boolean interrupted = Thread.interrupted();
            try {
                reader.join(LOGGER_LIMIT);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void runLogger(Invocation call, Args logger, LogPipe pipe) {
        Log errors = call.fds().log();
        try {
            chain.run(call.with(logger, call.env(), new Descriptors(new Connection(pipe), errors)));
        } finally {
            boolean wanted = pipe.closeReader();
            if (wanted) {
                errors.line("qmail-start: warning: " + logger.program() + " has ended: what qmail-send logs is lost");
            }
        }
    }
}
