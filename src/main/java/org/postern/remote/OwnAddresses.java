package org.postern.remote;

import java.net.NetworkInterface;
import java.net.SocketException;
import org.postern.tcp.IpAddress;

/** Which addresses are this host's: mail that its mail exchanger brings here must not be sent to ourselves. */
@FunctionalInterface
public interface OwnAddresses {
    boolean isOwn(IpAddress address);

    /** Loopback, unspecified, and those of the interfaces, asked anew each time. */
    static OwnAddresses ofSystem() {
        return address -> {
            try {
                return address.isLoopback()
                        || address.inet().isAnyLocalAddress()
                        || NetworkInterface.getByInetAddress(address.inet()) != null;
            } catch (SocketException e) {
                return false;
            }
        };
    }
}
