package org.postern.send;

/**
 * One recipient of an open message, to be tried.
 *
 * @param recipient its number
 */
record Work(Job job, int recipient, Route route) {
    Destination.Key key() {
        return Destination.Key.of(route);
    }
}
