package org.postern.send;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.postern.mail.DeliveryResult;

/** The paces of the destinations that had deliveries lately. Guarded by the sender's lock. */
final class Paces {
    /** A delivery of so long is slow, whatever its result. */
    static final Duration LONG = Duration.ofSeconds(10);
    /** So many are remembered; the one that had no delivery for the longest time is forgotten first. */
    static final int MOST = 20_000;

    private final Map<Destination.Key, Pace> known = new LinkedHashMap<>();

    /** @param otherwise what to presume of one that is not known */
    Pace of(Destination.Key key, Pace otherwise) {
        return known.getOrDefault(key, otherwise);
    }

    /** A delivery has ended. A deferral that comes soon may be no answer at all, and changes nothing. */
    void learn(Destination.Key key, DeliveryResult result, Duration took) {
        Pace before = known.remove(key);
        Pace now = switch (result) {
            case DeliveryResult.Delivered _, DeliveryResult.Bounced _ -> Pace.PROMPT;
            case DeliveryResult.Deferred _ -> before;
        };
        now = took.compareTo(LONG) >= 0 ? Pace.SLOW : now;
        if (now != null) {
            known.put(key, now);
        }
        Iterator<Destination.Key> oldest = known.keySet().iterator();
        if (known.size() > MOST) {
            oldest.next();
            oldest.remove();
        }
    }
}
