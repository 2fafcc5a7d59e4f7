package org.postern.users;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.tcp.IpAddress;
import org.postern.tcp.Network;

/** Whether an account may be used at all, once its password is proved. */
public sealed interface Admission {
    /** From anywhere. */
    record Open() implements Admission {}

    /** Not at all: expired, or closed by the administrator. */
    record Closed(String why) implements Admission {}

    /** From these networks alone: {@code allow_nets} of a passwd-file. */
    record OnlyFrom(List<Network> networks) implements Admission {
        public OnlyFrom {
            networks = List.copyOf(networks);
        }
    }

    /**
     * Why this client may not use it; empty where it may.
     *
     * @param client null where nobody knows: then an account that is bound to networks is refused
     */
    default Optional<String> objection(@Nullable IpAddress client) {
        return switch (this) {
            case Open open -> Optional.empty();
            case Closed closed -> Optional.of(closed.why);
            case OnlyFrom only ->
                client != null && only.networks.stream().anyMatch(n -> n.contains(client))
                        ? Optional.empty()
                        : Optional.of("allow_nets does not list "
                                + (client == null ? "a client without TCPREMOTEIP" : client.toString()));
        };
    }

    /** Networks separated by commas, as {@code 127.0.0.0/8,2001:db8::/32,192.0.2.7}; empty where one is none. */
    static Optional<Admission> onlyFrom(String list) {
        List<Network> networks = new ArrayList<>();
        for (String item : list.split(",", -1)) {
            Optional<Network> network = Network.parse(item);
            if (network.isEmpty()) {
                return Optional.empty();
            }
            networks.add(network.get());
        }
        return Optional.of(new OnlyFrom(networks));
    }
}
