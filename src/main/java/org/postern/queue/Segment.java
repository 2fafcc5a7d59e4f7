package org.postern.queue;

import java.nio.file.Path;

/** A file of the log. Guarded by the {@link MessageLog} it belongs to. */
final class Segment {
    final Path path;
    /** Of {@link System#nanoTime}: when it was begun, or looked at last with nothing in it. */
    long since = System.nanoTime();

    /** Nothing is written to it any more. */
    boolean sealed;
    /** Some of its octets were damaged: it is put aside, not removed. */
    boolean damaged;
    /** So many messages are here and nowhere else. */
    int kept;

    Segment(Path path) {
        this.path = path;
    }
}
