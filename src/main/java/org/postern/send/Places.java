package org.postern.send;

import org.postern.config.Place;

/** Tells the destination of a domain's mail. Asked for each recipient, so it must be quick. */
@FunctionalInterface
public interface Places {
    Place of(String domain);
}
