package org.postern.mail;

/** What became of one delivery: always one of the three. */
public sealed interface DeliveryResult {
    /** What the log and, on failure, the bounce say. */
    String report();

    /** Done for good. */
    record Delivered(String report) implements DeliveryResult {}

    /** To be tried again. */
    record Deferred(String report) implements DeliveryResult {}

    /** Refused for good: the sender gets a bounce. */
    record Bounced(String report) implements DeliveryResult {}
}
