package org.postern.config;

/**
 * How much mail a destination gets.
 *
 * @param connections at a time; 0: as many as there are deliveries. Default: 0
 * @param messagesPerHour in any 60 minutes; 0: any number. Default: 0
 */
public record DestinationLimit(int connections, int messagesPerHour) {
    public static final DestinationLimit NONE = new DestinationLimit(0, 0);
    public static final int MOST_CONNECTIONS = 2000;
    public static final int MOST_MESSAGES = 10_000_000;
}
