package org.postern.queue;

import java.util.OptionalInt;

/**
 * The uids that the queue's Received line has words for (qmail's auto_uidd, auto_uida).
 *
 * @param qmaild whose messages come from the network
 * @param alias whose messages are forwards of system aliases
 */
public record Submitters(OptionalInt qmaild, OptionalInt alias) {
    /** None known: every uid is a number. */
    public static Submitters none() {
        return new Submitters(OptionalInt.empty(), OptionalInt.empty());
    }

    /** What may be believed of a claimed origin: anyone can write "network" into the drop. */
    Origin believe(Origin claimed, int uid, int owner) {
        boolean trusted = uid == 0 || uid == owner;
        return is(qmaild, uid) || (trusted && claimed == Origin.NETWORK) ? Origin.NETWORK : Origin.LOCAL;
    }

    String words(Origin origin, int uid) {
        return switch (origin) {
            case NETWORK -> "from network";
            case BOUNCE -> "for bounce";
            case LOCAL -> is(alias, uid) ? "by alias" : "by uid " + uid;
        };
    }

    private static boolean is(OptionalInt known, int uid) {
        return known.isPresent() && known.getAsInt() == uid;
    }
}
