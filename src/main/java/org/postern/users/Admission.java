package org.postern.users;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postern.tcp.IpAddress;

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

    /** An address and how many of its bits count. */
    record Network(IpAddress address, int prefix) {}

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
                client != null && only.networks.stream().anyMatch(n -> client.inNetwork(n.address, n.prefix))
                        ? Optional.empty()
                        : Optional.of("allow_nets does not list "
                                + (client == null ? "a client without TCPREMOTEIP" : client.toString()));
        };
    }

    /** Networks separated by commas, as {@code 127.0.0.0/8,2001:db8::/32,192.0.2.7}; empty where one is none. */
    static Optional<Admission> onlyFrom(String list) {
        List<Network> networks = new ArrayList<>();
        for (String item : list.split(",", -1)) {
            int slash = item.indexOf('/');
            Optional<IpAddress> address = IpAddress.parse(slash < 0 ? item : item.substring(0, slash));
            if (address.isEmpty()) {
                return Optional.empty();
            }
            int bits = address.get().isV6() ? 128 : 32;
            int prefix = slash < 0 ? bits : prefix(item.substring(slash + 1));
            if (prefix < 0 || prefix > bits) {
                return Optional.empty();
            }
            networks.add(new Network(address.get(), prefix));
        }
        return Optional.of(new OnlyFrom(networks));
    }

    private static int prefix(String digits) {
        boolean number = digits.matches("[0-9]{1,3}");
        return number ? Integer.parseInt(digits) : -1;
    }
}
