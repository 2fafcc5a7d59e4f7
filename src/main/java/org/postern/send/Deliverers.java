package org.postern.send;

import java.io.Closeable;
import org.postern.config.Place;
import org.postern.mail.Deliverer;

/**
 * Who brings the messages away.
 *
 * @param places the destinations of those that go to other hosts
 */
public record Deliverers(Deliverer local, Deliverer remote, Places places) implements Closeable {
    /** Each domain is a destination, without limits. */
    public Deliverers(Deliverer local, Deliverer remote) {
        this(local, remote, Place::of);
    }

    @Override
    public void close() {
        local.close();
        remote.close();
    }
}
