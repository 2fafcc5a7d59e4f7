package org.postern.relay;

import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Where users share an address, each login puts its own file in the place of the one before; that one is kept under its
 * temporary name, and put back at its user's next login. What is in a file never changes, so that whoever has it open reads one
 * user, not a mixture; and no login makes a new inode, which is dear (docs/adr/0041). An ageing removes the files as all temporary
 * ones; what this process remembers of them is no more than a hint.
 */
final class Spares {
    private static final int LIMIT = 10_000;

    private final SequencedMap<Key, String> kept = new LinkedHashMap<>(16, 0.75f, true);

    /** Until then this may be a process for one login, which remembers nothing. */
    private boolean goesOn;

    private record Key(String name, String content) {}

    /** The temporary name of a file with that content, which is the caller's now; null where there is none. */
    synchronized @Nullable String take(String name, String content) {
        return kept.remove(new Key(name, content));
    }

    /**
     * Keeps a file that was in that place.
     *
     * @return the temporary name of a file that is to be removed: an earlier one, or the one not used for longest; null: none
     */
    synchronized @Nullable String keep(String name, String content, String temporary) {
        if (!goesOn) {
            goesOn = true;
            return temporary;
        }
        String before = kept.put(new Key(name, content), temporary);
        if (before != null) {
            return before;
        }
        return kept.size() > LIMIT ? kept.pollFirstEntry().getValue() : null;
    }
}
