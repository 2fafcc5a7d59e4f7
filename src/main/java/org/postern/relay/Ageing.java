package org.postern.relay;

import java.util.function.LongPredicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.OsException;

/** One pass over a spool: files of addresses and temporary files that are out of time are removed, all else is left. */
final class Ageing {
    /** The original's {@code .sec.usec:pid}, and ours. */
    private static final Pattern TEMPORARY =
            Pattern.compile("\\.\\d{1,19}\\.\\d{1,6}:(\\d{1,10}|postern-[0-9a-f]{1,8})");

    /** No descriptor: what is done with it fails, and does nothing. */
    private static final int NONE = -1;

    private final Spool spool;
    private final LongPredicate outOfTime;
    private boolean rehearsed;
    private int removed;
    private int kept;
    private int stuck;
    private @Nullable String trouble;

    /** @param outOfTime whether a modification does not count now, in seconds since 1970 */
    Ageing(Spool spool, LongPredicate outOfTime) {
        this.spool = spool;
        this.outOfTime = outOfTime;
    }

    Aged result() {
        return new Aged(removed, kept, stuck, trouble);
    }

    void look(String name) {
        boolean temporary = TEMPORARY.matcher(name).matches();
        if (!temporary && GrantFile.address(name) == null) {
            return;
        }
        try {
            FilesAt.Status status = spool.status(name);
            if (!status.isRegular()) {
                // A link, a FIFO, a directory: no program of ours made it, and it grants nothing.
                return;
            }
            if (!outOfTime.test(status.modified().getEpochSecond())) {
                kept += temporary ? 0 : 1;
            } else if (temporary) {
                // Its writer, if there still is one, fails to rename it and writes another.
                unlink(name);
            } else {
                remove(name);
            }
        } catch (OsException e) {
            if (e.errno() != Errno.ENOENT.number()) {
                stuck(name, e.errno());
            }
        }
    }

    /** Removes the file unless somebody renews it: see {@link DirectoryStore}. */
    private void remove(String name) throws OsException {
        rehearse();
        int fd = spool.open(name);
        if (fd < 0) {
            throw new OsException("open", -fd);
        }
        try {
            if (!FilesAt.lockExclusive(fd)) {
                kept++;
                return;
            }
            FilesAt.Status locked = FilesAt.status(fd);
            FilesAt.Status named = spool.status(name);
            if (outOfTime.test(locked.modified().getEpochSecond()) && locked.isSameFile(named)) {
                unlink(name);
            } else {
                kept++;
            }
        } finally {
            Descriptor.close(fd);
        }
    }

    /**
     * Links the calls that are made under the lock. In a process that has just started each takes tens of milliseconds
     * the first time, which are not to be a login's.
     */
    private void rehearse() {
        if (!rehearsed) {
            rehearsed = true;
            int _ = FilesAt.unlink(NONE, "");
            Descriptor.close(NONE);
        }
    }

    private void unlink(String name) throws OsException {
        int r = spool.unlink(name);
        if (r != 0) {
            throw new OsException("unlink", -r);
        }
        removed++;
    }

    private void stuck(String name, int errno) {
        stuck++;
        if (trouble == null) {
            trouble = "Could not remove '" + name + "': " + Errno.text(errno);
        }
    }
}
