package org.postern.relay;

import java.time.Duration;
import java.util.List;

/** What a store says of an address, and why. */
public sealed interface Verdict {
    /**
     * The address may relay.
     *
     * @param grants those in force, at least one: two users behind one address each have theirs, where a store can tell
     *     them apart
     */
    record Granted(List<Grant> grants) implements Verdict {
        public Granted {
            grants = List.copyOf(grants);
            if (grants.isEmpty()) {
                throw new IllegalArgumentException("granted by nothing");
            }
        }
    }

    /** The address may not. */
    record NotGranted(Why why) implements Verdict {}

    /**
     * Nobody knows: the store cannot be reached. A server answers 451, never 550.
     *
     * @param reason for the log
     */
    record Unavailable(String reason) implements Verdict {}

    /** Why not. */
    sealed interface Why {
        /** There is no grant; whether there ever was one, nobody remembers. */
        record Never() implements Why {}

        /**
         * There was one.
         *
         * @param ago since when it does not count any more
         */
        record Expired(Duration ago) implements Why {}

        /**
         * Its time lies in the future, so a wrong clock or somebody's hand made it.
         *
         * @param by how far
         */
        record Ahead(Duration by) implements Why {}

        /**
         * The store's entry may not be read.
         *
         * @param error strerror(3)'s words
         */
        record Unreadable(String error) implements Why {}

        /**
         * The store's entry is nothing that a grant is made of.
         *
         * @param what as "a symbolic link"
         */
        record Unusable(String what) implements Why {}

        /** For a log line, after "the address has no grant: ". */
        default String text() {
            return switch (this) {
                case Never n -> "never granted";
                case Expired e -> "expired " + e.ago.toSeconds() + " s ago";
                case Ahead a -> "its time is " + a.by.toSeconds() + " s in the future";
                case Unreadable u -> "its file cannot be read: " + u.error;
                case Unusable u -> "its file is " + u.what;
            };
        }
    }

    static Verdict not(Why why) {
        return new NotGranted(why);
    }
}
