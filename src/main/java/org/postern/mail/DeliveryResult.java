package org.postern.mail;

/** What became of one delivery: always one of the three. */
public sealed interface DeliveryResult {
    /** What the log and, on failure, the bounce say. */
    String report();

    /** Done for good, in one of the ways that are no failure. */
    record Delivered(String report, Action action) implements DeliveryResult {
        /** It has arrived. */
        public Delivered(String report) {
            this(report, Action.DELIVERED);
        }
    }

    /** To be tried again. */
    record Deferred(String report) implements DeliveryResult {}

    /** Refused for good: the sender gets a bounce. */
    record Bounced(String report) implements DeliveryResult {}
}
