package org.postern.config;

/**
 * Where mail goes, as limits and fairness see it.
 *
 * @param name a domain; for mail that a route or a line of destinationlimits takes together, what that one is for, which
 *     is empty for the route of all others
 */
public record Place(String name, DestinationLimit limit) {
    /** A domain without limits. */
    public static Place of(String domain) {
        return new Place(domain, DestinationLimit.NONE);
    }
}
