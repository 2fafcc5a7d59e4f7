package org.postern.send;

import java.io.Closeable;
import org.postern.mail.Deliverer;

/** Who brings the messages away. */
public record Deliverers(Deliverer local, Deliverer remote) implements Closeable {
    @Override
    public void close() {
        local.close();
        remote.close();
    }
}
