package org.postern.tool;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.postern.chain.Args;
import org.postern.chain.Chain;
import org.postern.chain.Descriptors;
import org.postern.chain.Ended;
import org.postern.chain.Tool;
import org.postern.os.Octets;
import org.postern.pop3d.Authenticator.Verdict;
import org.postern.pop3d.AuthorizationSession;
import org.postern.pop3d.Capabilities;
import org.postern.pop3d.Credentials;
import org.postern.pop3d.FailedLogins;
import org.postern.pop3d.Limits;
import org.postern.pop3d.Tls;
import org.postern.tcp.Connection;

/**
 * {@code qmail-popup hostname subprogram [argument ...]}: asks a POP client for user and password, hands them to the
 * subprogram on descriptor 3, as checkpassword reads them, and waits for it. One instance serves all connections of a
 * process.
 */
public final class QmailPopup implements Tool {
    private static final String USAGE = "-ERR usage: popup hostname subprogram\r\n";

    private final Chain chain;
    private final StaysHere staysHere;
    private final Pause pause;
    private final FailedLogins failedLogins = new FailedLogins();

    /** Waits. */
    @FunctionalInterface
    interface Pause {
        void of(Duration duration) throws InterruptedException;
    }

    public QmailPopup(Chain chain, StaysHere staysHere) {
        this(chain, staysHere, Thread::sleep);
    }

    QmailPopup(Chain chain, StaysHere staysHere, Pause pause) {
        this.chain = chain;
        this.staysHere = staysHere;
        this.pause = pause;
    }

    private static final class ThisProcess {
        static final long PID = ProcessHandle.current().pid();
    }

    @Override
    public Exit run(Invocation call) throws IOException {
        Connection connection = call.fds().connection();
        List<String> arguments = call.args().arguments();
        if (arguments.size() < 2) {
            connection.write(USAGE);
            connection.flush();
            return Exit.code(1);
        }
        List<String> subprogram = arguments.subList(1, arguments.size());
        // RFC 1939 §7: different for each connection.
        String timestamp = "<%d.%d.%d@%s>"
                .formatted(ThisProcess.PID, call.id(), Instant.now().getEpochSecond(), arguments.getFirst());
        connection.bytewise(!staysHere.wholly(call, subprogram));
        AuthorizationSession session =
                new AuthorizationSession(connection, Limits.DEFAULT, timestamp, Capabilities.ALL, new Tls.None());
        AuthorizationSession.End<Credentials> end =
                session.run(credentials -> login(call, subprogram, timestamp, credentials));
        connection.bytewise(false);
        if (end instanceof AuthorizationSession.End.NotLoggedIn<Credentials>) {
            connection.readOff();
        }
        return Exit.code(
                switch (end) {
                    case AuthorizationSession.End.LoggedIn<Credentials> _ -> 0;
                    case AuthorizationSession.End.NotLoggedIn<Credentials> _,
                            AuthorizationSession.End.Quit<Credentials> _,
                            AuthorizationSession.End.Gone<Credentials> _ -> 1;
                });
    }

    private Verdict<Credentials> login(
            Invocation call, List<String> subprogram, String timestamp, Credentials credentials) {
        call.fds().connection().bytewise(false);
        String address = call.env().find("TCPREMOTEIP").orElse("unknown");
        String who = " user=" + Octets.word(credentials.user()) + " ip=" + Octets.word(address);
        AtomicBoolean proved = new AtomicBoolean();
        Runnable succeeded = () -> {
            if (proved.compareAndSet(false, true)) {
                log(call, "login" + who);
            }
        };
        String fields = credentials.user() + "\0" + credentials.secret() + "\0" + timestamp + "\0";
        Descriptors fds = call.fds().with(3, new Descriptors.Other.Data(fields, succeeded));
        Ended ended = chain.run(call.with(new Args(subprogram), call.env(), fds));
        return switch (ended) {
            case Ended.Exited(int code)
            when code == 0 -> {
                succeeded.run();
                yield new Verdict.Accepted<>(credentials);
            }
            case Ended.Exited(int code)
            when code == 111 -> {
                log(
                        call,
                        proved.get()
                                ? "warning: session exited 111:" + who
                                : "warning: login not decided, subprogram exited 111:" + who);
                yield new Verdict.Temporary<>("temporary trouble, please try again later");
            }
            case Ended.Exited(int code) -> {
                if (proved.get()) {
                    log(call, "session ended" + who + " exit=" + code);
                } else {
                    log(call, "login failed" + who + (code == 1 ? "" : " exit=" + code));
                    delay(address);
                }
                yield new Verdict.Refused<>();
            }
            case Ended.Signalled(int number) -> {
                log(call, "warning: subprogram crashed with signal " + number + ":" + who);
                yield new Verdict.Failed<>("aack, child crashed");
            }
        };
    }

    private void delay(String address) {
        try {
            pause.of(failedLogins.failed(address, System.nanoTime()));
        } catch (InterruptedException e) {
            // The process is to end: answer at once.
            Thread.currentThread().interrupt();
        }
    }

    private static void log(Invocation call, String text) {
        call.fds().log().line("qmail-popup[" + call.id() + "]: " + text);
    }
}
