package org.postern.send;

import org.postern.mail.DsnRcpt;

/**
 * One recipient of an open message, to be tried.
 *
 * @param recipient its number
 * @param dsn what the sender wants to hear of it
 */
record Work(Job job, int recipient, Route route, DsnRcpt dsn) {
    Destination.Key key() {
        return Destination.Key.of(route);
    }
}
