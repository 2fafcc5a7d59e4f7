package org.postern.maildir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.postern.os.Octets;

/** Files in tmp/ whose delivery will never be finished: nobody has touched them for 36 hours (maildir(5)). */
final class Abandoned {
    private static final Duration AFTER = Duration.ofHours(36);

    private Abandoned() {}

    /** @return whether no file is left in tmp/ that may have to be removed later */
    static boolean remove(Path tmp, Instant now) {
        Instant limit = now.minus(AFTER);
        int[] left = {0};
        try {
            Listing.files(tmp, (name, status) -> {
                left[0]++;
                if (status.isRegular()
                        && status.accessed().isBefore(limit)
                        && status.modified().isBefore(limit)) {
                    Files.delete(tmp.resolve(Octets.path(name)));
                    left[0]--;
                }
            });
        } catch (IOException e) {
            // No tmp/, or not ours to clean: the messages are what the session is about.
            return false;
        }
        return left[0] == 0;
    }
}
