package org.postern.tool;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.postern.chain.Tool;
import org.postern.os.Errno;
import org.postern.relay.Announcer;
import org.postern.relay.GrantReceiver;
import org.postern.relay.Spool;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Network;

/**
 * {@code relay-ctrl-udp}: receives what relay-ctrl-send tells on other machines, and grants it in RELAY_CTRL_DIR. For a
 * private link only: the datagrams are not authenticated. It believes the senders in RELAY_CTRL_UDP_FROM alone, and
 * listens at RELAY_CTRL_UDP_BIND, 127.0.0.1 unless set.
 */
public final class RelayCtrlUdp implements Tool {
    /** The original's open(…, 0666) under the usual umask: qmail-smtpd's user must be able to read it. */
    private static final int MODE = 0644;

    @Override
    public Exit run(Invocation call) {
        RelayCtrl relayCtrl = RelayCtrl.withoutPid("relay-ctrl-udp", call);
        try {
            List<Network> senders = senders(call);
            IpAddress bind = bind(call);
            return switch (relayCtrl.where(MODE)) {
                case RelayCtrl.Where.Unset u -> {
                    relayCtrl.warning("$RELAY_CTRL_DIR is not set");
                    yield Exit.code(111);
                }
                case RelayCtrl.Where.Nowhere n -> {
                    relayCtrl.warning(n.why());
                    yield Exit.code(111);
                }
                case RelayCtrl.Where.In in -> receive(in.spool(), bind, senders, relayCtrl);
            };
        } catch (Misused e) {
            relayCtrl.fatal(String.valueOf(e.getMessage()));
            return Exit.code(100);
        }
    }

    private static Exit receive(Spool spool, IpAddress bind, List<Network> senders, RelayCtrl relayCtrl) {
        String trouble = spool.trouble();
        if (trouble != null) {
            relayCtrl.warning(trouble);
            return Exit.code(111);
        }
        int port = (int) relayCtrl.positive("RELAY_CTRL_PORT", Announcer.PORT, 65535);
        try (GrantReceiver receiver = new GrantReceiver(
                new InetSocketAddress(bind.inet(), port), senders, relayCtrl.store(spool), relayCtrl::warning)) {
            receiver.run();
            return Exit.code(0);
        } catch (IOException e) {
            relayCtrl.fatal("Could not bind socket to " + bind + " port " + port + ": " + Errno.text(e));
            return Exit.code(111);
        }
    }

    private static List<Network> senders(Invocation call) throws Misused {
        List<Network> senders = new ArrayList<>();
        for (String word : call.env().find("RELAY_CTRL_UDP_FROM").orElse("").split("[,\\s]+", -1)) {
            if (!word.isEmpty()) {
                senders.add(Network.parse(word)
                        .orElseThrow(() -> new Misused("'" + word
                                + "' in $RELAY_CTRL_UDP_FROM is no address and no network like 192.0.2.0/24")));
            }
        }
        if (senders.isEmpty()) {
            throw new Misused(
                    "$RELAY_CTRL_UDP_FROM is not set: it lists the senders to believe, as 192.0.2.1,192.0.2.2");
        }
        return senders;
    }

    private static IpAddress bind(Invocation call) throws Misused {
        String bind = call.env().find("RELAY_CTRL_UDP_BIND").orElse("127.0.0.1");
        return IpAddress.parse(bind)
                .orElseThrow(() -> new Misused("'" + bind + "' in $RELAY_CTRL_UDP_BIND is no IP address"));
    }

    /** A variable that cannot be understood. */
    private static final class Misused extends Exception {
        private static final long serialVersionUID = 1L;

        Misused(String message) {
            super(message);
        }
    }
}
