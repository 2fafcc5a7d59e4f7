package org.postern.tool;

import org.postern.chain.Tool;
import org.postern.relay.Allowed;
import org.postern.relay.Holder;
import org.postern.tcp.IpAddress;

/**
 * {@code relay-ctrl-allow [program [arguments]]}: the client at TCPREMOTEIP has proved its password, so it may relay;
 * then becomes the program. Runs behind checkpassword. What cannot be written is a warning: the login goes on.
 */
public final class RelayCtrlAllow implements Tool {
    @Override
    public Exit run(Invocation call) {
        RelayCtrl relayCtrl = RelayCtrl.of("relay-ctrl-allow", call);
        IpAddress client = relayCtrl.client().orElse(null);
        if (client == null) {
            relayCtrl.fatal("Must be run from tcp-env or tcpserver.");
            return Exit.code(111);
        }
        if (relayCtrl.isAuthenticated()) {
            allow(client, relayCtrl, call);
        }
        return call.args().arguments().isEmpty()
                ? Exit.code(0)
                : relayCtrl.becomeNext(call.env(), why -> Exit.code(111));
    }

    private static void allow(IpAddress client, RelayCtrl relayCtrl, Invocation call) {
        String user = call.env().get("USER");
        String domain = call.env().get("DOMAIN");
        if (!Holder.isFit(user) || !Holder.isFit(domain)) {
            relayCtrl.warning("$USER or $DOMAIN has control characters or is too long, left out");
        }
        switch (relayCtrl.where(0600)) {
            case RelayCtrl.Where.Unset u -> relayCtrl.warning("$RELAY_CTRL_DIR is not set.");
            case RelayCtrl.Where.Nowhere n -> relayCtrl.warning(n.why());
            case RelayCtrl.Where.In in -> {
                switch (relayCtrl.store(in.spool()).allow(client, Holder.ofFit(user, domain))) {
                    case Allowed.Written w -> {}
                    case Allowed.NotWritten n -> relayCtrl.warning(n.why());
                }
            }
        }
    }
}
