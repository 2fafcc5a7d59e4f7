package org.postern.tool;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.Spawn;
import org.postern.os.Threads;
import org.postern.relay.Announcer;
import org.postern.tcp.IpAddress;
import org.postern.tcp.StandardWire;

/**
 * {@code relay-ctrl-send program [args ...]}: tells the machines in RELAY_CTRL_REMOTES that the client at TCPREMOTEIP
 * may relay, and becomes the program. Those that do not answer at once are told again in the background.
 */
public final class RelayCtrlSend implements Tool {
    /** A receiver on a private link answers within a millisecond, and then it knows before the client does. */
    private static final Duration AT_ONCE = Duration.ofMillis(100);

    private static final int MAX_TRIES = 100;
    private static final int MAX_TIMEOUT_SECONDS = 60;

    /** Set by ourselves for a background process. */
    private static final String WAIT = "RELAY_CTRL_SEND_WAIT";

    /** Each has a socket and a thread, for as long as a receiver is down. */
    private static final int MOST_IN_BACKGROUND = 200;

    private final Semaphore background;
    private final AtomicBoolean fullTold = new AtomicBoolean();
    private final AtomicBoolean ownTold = new AtomicBoolean();

    public RelayCtrlSend() {
        this(MOST_IN_BACKGROUND);
    }

    /** @param mostInBackground clients told to silent receivers at a time; further ones are dropped */
    RelayCtrlSend(int mostInBackground) {
        this.background = new Semaphore(mostInBackground);
    }

    @Override
    public Exit run(Invocation call) {
        RelayCtrl relayCtrl = RelayCtrl.of("relay-ctrl-send", call);
        if (call.args().arguments().isEmpty()) {
            relayCtrl.fatal("usage: relay-ctrl-send program [args ...]");
            return Exit.code(111);
        }
        IpAddress client = relayCtrl.client().orElse(null);
        if (client == null) {
            relayCtrl.fatal("Must be run from tcp-env or tcpserver.");
            return Exit.code(111);
        }
        String remotes = call.env().get("RELAY_CTRL_REMOTES");
        if (remotes == null) {
            relayCtrl.warning("$RELAY_CTRL_REMOTES is not set.");
        } else if (relayCtrl.isAuthenticated()) {
            tell(client, parse(remotes, relayCtrl), relayCtrl, call);
        }
        return relayCtrl.becomeNext(call.env().without(WAIT), why -> Exit.code(111));
    }

    private void tell(IpAddress client, List<IpAddress> remotes, RelayCtrl relayCtrl, Invocation call) {
        if (!client.isMachinesOwn()) {
            new Sending(client, relayCtrl, call, background, fullTold).to(remotes);
        } else if (ownTold.compareAndSet(false, true)) {
            relayCtrl.warning("Not announcing '" + client + "': on another machine it is another client.");
        }
    }

    private static List<IpAddress> parse(String remotes, RelayCtrl relayCtrl) {
        List<IpAddress> parsed = new ArrayList<>();
        for (String remote : remotes.split(",", -1)) {
            IpAddress address = IpAddress.parse(remote.strip()).orElse(null);
            if (address != null) {
                parsed.add(address);
            } else if (!remote.isBlank()) {
                relayCtrl.warning("Could not parse IP '" + remote + "'.");
            }
        }
        return parsed;
    }

    /** One client, and who is to hear of it. */
    private record Sending(
            IpAddress client, RelayCtrl relayCtrl, Invocation call, Semaphore background, AtomicBoolean fullTold) {
        void to(List<IpAddress> remotes) {
            if (call.env().has(WAIT)) {
                toTheEnd(remotes);
                return;
            }
            List<IpAddress> silent = send(remotes, 1, AT_ONCE);
            if (silent.isEmpty()) {
                return;
            }
            if (call.fds().connection().wire() instanceof StandardWire) {
                // This process is the session's, and may become a foreign program: its threads would be gone.
                inProcess(silent);
            } else if (background.tryAcquire()) {
                fullTold.set(false);
                Threads.start("relay-ctrl-send " + client, () -> inThread(silent));
            } else if (fullTold.compareAndSet(false, true)) {
                relayCtrl.warning("Too many announcements without an answer, dropping those of '" + client
                        + "' and others to " + silent + ".");
            }
        }

        private void inThread(List<IpAddress> silent) {
            try {
                toTheEnd(silent);
            } finally {
                background.release();
            }
        }

        private void toTheEnd(List<IpAddress> remotes) {
            int tries = (int) relayCtrl.positive("RELAY_CTRL_TRIES", 5, MAX_TRIES);
            long timeout = relayCtrl.positive("RELAY_CTRL_TIMEOUT", 1, MAX_TIMEOUT_SECONDS);
            for (IpAddress remote : send(remotes, tries, Duration.ofSeconds(timeout))) {
                relayCtrl.warning("Timed out waiting for response from '" + remote + "'.");
            }
        }

        private List<IpAddress> send(List<IpAddress> remotes, int tries, Duration timeout) {
            int port = (int) relayCtrl.positive("RELAY_CTRL_PORT", Announcer.PORT, 65535);
            try {
                return new Announcer(port).announce(client, remotes, tries, timeout);
            } catch (IOException e) {
                relayCtrl.warning("Could not create UDP socket: " + Errno.text(e));
                return List.of();
            }
        }

        /** The original forks; this starts itself again, to tell those that are left. */
        private void inProcess(List<IpAddress> silent) {
            Env env = call.env()
                    .with(WAIT, "1")
                    .with(
                            "RELAY_CTRL_REMOTES",
                            silent.stream().map(IpAddress::toString).collect(Collectors.joining(",")));
            int none = FilesAt.open(FilesAt.WORKING_DIRECTORY, "/dev/null");
            try {
                int pid = Spawn.start(new Spawn.Child(
                        "/usr/bin/env",
                        List.of("env", call.args().program(), "true"),
                        env.entries(),
                        Octets.of(call.cwd()),
                        List.of(none, none, 2),
                        null));
                // Taken away when it ends, as long as this process stays a JVM.
                var _ = Spawn.waitFor(pid);
            } catch (IOException e) {
                relayCtrl.warning("Could not fork: " + Errno.text(e));
            } finally {
                Descriptor.close(none);
            }
        }
    }
}
