package org.postern.tool;

import java.util.HashMap;
import java.util.Map;
import org.postern.chain.Env;
import org.postern.chain.Tool;
import org.postern.relay.Holder;
import org.postern.relay.Verdict;
import org.postern.tcp.IpAddress;

/**
 * {@code relay-ctrl-check program [arguments]}: sets RELAYCLIENT where the client at TCPREMOTEIP may relay, and becomes
 * the program, usually qmail-smtpd. Whatever goes wrong is a warning, and the client may not relay.
 */
public final class RelayCtrlCheck implements Tool {
    @Override
    public Exit run(Invocation call) {
        RelayCtrl relayCtrl = RelayCtrl.of("relay-ctrl-check", call);
        if (call.args().arguments().isEmpty()) {
            relayCtrl.fatal("usage: relay-ctrl-check program [arguments]\n");
            return Exit.code(1);
        }
        return relayCtrl.becomeNext(checked(relayCtrl, call.env()), why -> {
            relayCtrl.fatal("execution of program failed!\n");
            return Exit.code(111);
        });
    }

    private static Env checked(RelayCtrl relayCtrl, Env env) {
        boolean talkative = env.has("RELAY_CTRL_LOG_IPS");
        if (env.has("RELAYCLIENT")) {
            if (talkative) {
                relayCtrl.debug("$RELAYCLIENT already set, not checking IP");
            }
            return env;
        }
        IpAddress client = relayCtrl.client().orElse(null);
        if (client == null) {
            relayCtrl.warning(
                    "$TCPREMOTEIP " + (env.has("TCPREMOTEIP") ? "is no IP address" : "not set") + ", not checking IP");
            return env;
        }
        return switch (relayCtrl.where(0600)) {
            case RelayCtrl.Where.Unset u -> {
                relayCtrl.warning("$RELAY_CTRL_DIR is not set");
                yield env;
            }
            case RelayCtrl.Where.Nowhere n -> {
                relayCtrl.warning(n.why());
                yield env;
            }
            case RelayCtrl.Where.In in ->
                judged(relayCtrl.store(in.spool()).check(client), client, talkative, relayCtrl, env);
        };
    }

    private static Env judged(Verdict verdict, IpAddress client, boolean talkative, RelayCtrl relayCtrl, Env env) {
        return switch (verdict) {
            case Verdict.Granted granted -> {
                if (talkative) {
                    relayCtrl.debug("IP " + client + " found, setting $RELAYCLIENT");
                }
                yield granted(granted.grants().getFirst().holder(), env);
            }
            case Verdict.NotGranted not -> {
                explain(not.why(), client, talkative, relayCtrl);
                yield env;
            }
            case Verdict.Unavailable unavailable -> {
                relayCtrl.warning(unavailable.reason());
                yield env;
            }
        };
    }

    private static Env granted(Holder holder, Env env) {
        Map<String, String> changes = new HashMap<>();
        changes.put("RELAYCLIENT", env.find("RELAY_CTRL_RELAYCLIENT").orElse(""));
        if (holder.user() != null) {
            changes.put("USER", holder.user());
        }
        if (holder.domain() != null) {
            changes.put("DOMAIN", holder.domain());
        }
        return env.withAll(changes);
    }

    private static void explain(Verdict.Why why, IpAddress client, boolean talkative, RelayCtrl relayCtrl) {
        switch (why) {
            case Verdict.Why.Never n -> {
                if (talkative) {
                    relayCtrl.debug("IP " + client + " not found");
                }
            }
            case Verdict.Why.Expired e -> {
                if (talkative) {
                    relayCtrl.debug("Expired IP " + client + " found, " + e.text());
                }
            }
            case Verdict.Why.Unreadable u -> relayCtrl.warning("Could not open IP file '" + client + "': " + u.error());
            case Verdict.Why.Ahead a -> relayCtrl.warning("IP " + client + " found, but " + a.text() + ", not used");
            case Verdict.Why.Unusable u -> relayCtrl.warning("IP " + client + " found, but " + u.text() + ", not used");
        }
    }
}
