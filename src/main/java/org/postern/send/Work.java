package org.postern.send;

import org.postern.config.Place;

/**
 * One recipient of an open message, to be tried.
 *
 * @param recipient its number
 */
record Work(Job job, int recipient, Route route) {
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
