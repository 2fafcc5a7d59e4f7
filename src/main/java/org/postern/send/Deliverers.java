package org.postern.send;

import org.postern.mail.Deliverer;

/** Who brings the messages away. */
public record Deliverers(Deliverer local, Deliverer remote) {}
