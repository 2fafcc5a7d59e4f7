package org.postern.send;

/** Where one recipient's copy goes. */
public sealed interface Route {
    /** The address as the log has it, and as it is handed to the delivery. */
    String address();

    /** Delivered on this machine. */
    record Local(String address) implements Route {}

    /** Delivered to another host, found by the domain, in lower case. */
    record Remote(String address, String domain) implements Route {}
}
