package org.postern.send;

import org.postern.config.Place;

/** Where one recipient's copy goes. */
public sealed interface Route {
    /** The address as the log has it, and as it is handed to the delivery. */
    String address();

    /** Delivered on this machine. */
    record Local(String address) implements Route {}

    /** Delivered to another host. */
    record Remote(String address, Place place) implements Route {}
}
