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

    /**
     * What may be believed of a claimed origin: anyone can write "network" into the drop. "Client" is believed from
     * everyone: a message of his own is the site's own as well.
     */
    Origin believe(Origin claimed, int uid, int owner) {
        return switch (claimed) {
            case CLIENT -> Origin.CLIENT;
            case NETWORK -> isServer(uid, owner) ? Origin.NETWORK : Origin.LOCAL;
            case LOCAL, BOUNCE -> is(qmaild, uid) ? Origin.NETWORK : Origin.LOCAL;
        };
    }

    String words(Origin origin, int uid, int owner) {
        return switch (origin) {
            case NETWORK -> "from network";
            case CLIENT -> isServer(uid, owner) ? "from network" : words(Origin.LOCAL, uid, owner);
            case BOUNCE -> "for bounce";
            case LOCAL -> is(alias, uid) ? "by alias" : "by uid " + Integer.toUnsignedString(uid);
        };
    }

    private boolean isServer(int uid, int owner) {
        return uid == 0 || uid == owner || is(qmaild, uid);
    }

    private static boolean is(OptionalInt known, int uid) {
        return known.isPresent() && known.getAsInt() == uid;
    }
}
