package org.postern.queue;

import java.time.Duration;

/**
 * How long the log lets things be.
 *
 * @param delivery a segment waits so long for its messages to be delivered before they get files
 * @param trouble after an error of the disk nothing is tried for so long
 */
record Patience(Duration delivery, Duration trouble) {
    /** No setting: the property is for dev/crash, whose processes are to be killed while messages get files. */
    static final Patience USUAL =
            new Patience(Duration.ofMillis(Long.getLong("postern.queue.patience", 30_000)), Duration.ofSeconds(10));
}
