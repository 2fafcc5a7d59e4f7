package org.postern.send;

import java.util.ArrayDeque;
import org.postern.config.Place;
import org.postern.os.Octets;

/** What is on its way to one place. Guarded by the sender's lock. */
final class Destination {
    final Key key;
    /** Recipients that may be tried now. */
    final ArrayDeque<Work> works = new ArrayDeque<>(1);
    /** Messages that are due, all of them going here, and not opened: there is enough to do already. */
    final ArrayDeque<Entry> parked = new ArrayDeque<>(1);

    int active;
    Pace pace;
    /** With the limits that the latest of its recipients came under. */
    Place place;

    /**
     * A place.
     *
     * @param place the name of the {@link Place}; for local ones the address
     */
    record Key(boolean remote, String place) {
        static Key of(Route route) {
            return switch (route) {
                case Route.Local l -> new Key(false, Octets.lowerCase(l.address()));
                case Route.Remote r -> new Key(true, r.place().name());
            };
        }
    }

    Destination(Key key, Pace pace) {
        this.key = key;
        this.pace = pace;
        place = Place.of(key.place);
    }

    boolean isIdle() {
        return works.isEmpty() && parked.isEmpty() && active == 0;
    }
}
