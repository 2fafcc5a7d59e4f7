package org.postern.send;

import org.postern.config.Place;
import org.postern.mail.DsnRcpt;

/**
 * One recipient of an open message, to be tried.
 *
 * @param recipient its number
 * @param dsn what the sender wants to hear of it
 */
record Work(Job job, int recipient, Route route, DsnRcpt dsn) {
    Place place() {
        return switch (route) {
            case Route.Local l -> Place.of(l.address());
            case Route.Remote r -> r.place();
        };
    }

    Destination.Key key() {
        return Destination.Key.of(route);
    }
}
