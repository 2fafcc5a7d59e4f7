package org.postern.queue;

import org.jspecify.annotations.Nullable;

/** Where the octets of a message are to be had now: it may move while it is in the queue. */
@FunctionalInterface
interface Whereabouts {
    Place place();

    /** All of them, message, envelope and footer, where they are in memory; not to be changed. */
    default byte @Nullable [] recent() {
        return null;
    }
}
