package org.postern.relay;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;

/**
 * Puts a grant's file in its place: renews the one there, or writes a new one and renames it. No ageing may come between
 * (docs/adr/0041): what is there is renewed or replaced under a shared lock, and where nothing is the new file is put
 * only if there still is nothing.
 */
final class Placing {
    private static final int TRIES = 8;
    private static final Duration LOCK_POLL = Duration.ofNanos(50_000);
    /** An ageing holds a file's lock for microseconds. Who holds it longer is stopped, or means harm. */
    private static final Duration LOCK_LIMIT = Duration.ofMillis(100);
    /** How much longer a login waits to see whether such an ageing removes what has just been put there. */
    private static final Duration LATE_LIMIT = Duration.ofSeconds(1);

    /** For the whole process: a store is made anew for each login. */
    private static final Spares SPARES = new Spares();

    private final Spool spool;
    private final InstantSource clock;

    Placing(Spool spool, InstantSource clock) {
        this.spool = spool;
        this.clock = clock;
    }

    void put(String name, String content) throws CannotWrite {
        for (int i = 0; i < TRIES; i++) {
            int fd = spool.open(name);
            if (fd == -Errno.ENOENT.number()) {
                if (place(name, content, new Over.Nothing())) {
                    return;
                }
            } else if (fd < 0) {
                // A link, or a file that is not for us to read: it is replaced.
                break;
            } else {
                try {
                    if (renew(fd, name, content)) {
                        return;
                    }
                } finally {
                    Descriptor.close(fd);
                }
            }
        }
        place(name, content, new Over.Anything());
    }

    /** What may have the name before. */
    private sealed interface Over {
        record Nothing() implements Over {}

        /**
         * A file, which is still there as long as its lock is held.
         *
         * @param content what is in it; null where that is no grant as we write it
         */
        record AFile(@Nullable String content) implements Over {}

        record Anything() implements Over {}
    }

    /** Sets the time where the rest is as it should be, replaces the file where not; false where it is gone. */
    private boolean renew(int fd, String name, String content) throws CannotWrite {
        Lock lock = lockShared(fd, LOCK_LIMIT);
        try {
            FilesAt.Status status = FilesAt.status(fd);
            if (status.links() == 0) {
                // Removed or replaced since it was opened.
                return false;
            }
            String there = lock == Lock.HELD && isAsWritten(status) ? GrantFile.read(fd, status) : null;
            if (content.equals(there) && FilesAt.touch(fd) == 0) {
                return true;
            }
            boolean placed = place(
                    name,
                    content,
                    lock == Lock.HELD && status.isRegular() ? new Over.AFile(there) : new Over.Anything());
            return placed && !(lock == Lock.BUSY && isAgedAway(fd, name));
        } catch (OsException e) {
            // What cannot be read is replaced.
            return place(name, content, new Over.Anything());
        }
    }

    private boolean isAsWritten(FilesAt.Status status) {
        return GrantFile.unusable(status) == null && status.permissions() == spool.mode();
    }

    /** Whether an ageing that had the old file's lock for so long has then removed the new one, which has its name. */
    private boolean isAgedAway(int old, String name) {
        return lockShared(old, LATE_LIMIT) == Lock.HELD
                && FilesAt.findName(spool.descriptor(), spool.at(name)).errno() == Errno.ENOENT.number();
    }

    private enum Lock {
        HELD,
        BUSY,
        /** A file system without locks; the file is replaced, as the original does. */
        IMPOSSIBLE
    }

    private static Lock lockShared(int fd, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (!FilesAt.lockShared(fd)) {
                if (System.nanoTime() - deadline > 0) {
                    return Lock.BUSY;
                }
                LockSupport.parkNanos(LOCK_POLL.toNanos());
            }
            return Lock.HELD;
        } catch (OsException e) {
            return Lock.IMPOSSIBLE;
        }
    }

    /** Writes the file under another name and renames it; false where the name must be free and is not. */
    private boolean place(String name, String content, Over over) throws CannotWrite {
        if (over instanceof Over.AFile old && putBack(name, content, old)) {
            return true;
        }
        String temporary = write(name, content);
        int r = rename(temporary, name, over);
        if (r == -Errno.ENOENT.number()) {
            // Whoever stood still for longer than the expiry finds his temporary file removed.
            temporary = write(name, content);
            r = rename(temporary, name, over);
        }
        if (r == 0) {
            return true;
        }
        spool.unlink(temporary);
        if (over instanceof Over.Nothing && r == -Errno.EEXIST.number()) {
            return false;
        }
        throw new CannotWrite("Could not rename '" + temporary + "' to '" + name + "': " + Errno.text(-r));
    }

    private int rename(String temporary, String name, Over over) {
        int directory = spool.descriptor();
        String from = spool.at(temporary);
        String to = spool.at(name);
        int r = switch (over) {
            case Over.Nothing _ -> FilesAt.renameIfFree(directory, from, to);
            case Over.AFile old -> exchange(temporary, name, old);
            case Over.Anything _ -> FilesAt.rename(directory, from, to);
        };
        // A file system that cannot do it, or a file that has been revoked meanwhile: then it is the original's rename.
        boolean plainly = r == -Errno.EINVAL.number() || over instanceof Over.AFile && r == -Errno.ENOENT.number();
        return plainly ? FilesAt.rename(directory, from, to) : r;
    }

    /**
     * Puts the new file in the place of the old one, which is then kept or removed under the temporary name. A rename over a
     * file makes ext4 write the new one out at once (its guard for programs that forget to sync), and each login would
     * wait for the disk; a grant need not outlive a power cut.
     */
    private int exchange(String temporary, String name, Over.AFile old) {
        int r = FilesAt.exchange(spool.descriptor(), spool.at(temporary), spool.at(name));
        if (r == 0) {
            String surplus = old.content == null ? temporary : SPARES.keep(name, old.content, temporary);
            if (surplus != null) {
                // Where that fails the old file is in nobody's way: an ageing removes it.
                var _ = spool.unlink(surplus);
            }
        }
        return r;
    }

    /** Puts the file of this user's last login in its place again, where there is one. */
    private boolean putBack(String name, String content, Over.AFile old) {
        String temporary = SPARES.take(name, content);
        if (temporary == null) {
            return false;
        }
        int fd = spool.open(temporary);
        if (fd < 0) {
            return false; // Aged away.
        }
        try {
            FilesAt.Status status = FilesAt.status(fd);
            // Others may write into the directory: it must be what we left there.
            if (isAsWritten(status)
                    && GrantFile.read(fd, status).equals(content)
                    && FilesAt.touch(fd) == 0
                    && exchange(temporary, name, old) == 0) {
                return true;
            }
        } catch (OsException e) {
            // A new file will do.
        } finally {
            Descriptor.close(fd);
        }
        var _ = spool.unlink(temporary);
        return false;
    }

    private String write(String name, String content) throws CannotWrite {
        Instant now = clock.instant();
        long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
        String temporary;
        int fd;
        int tries = TRIES;
        do {
            temporary = GrantFile.temporary(micros, ThreadLocalRandom.current().nextInt());
            fd = FilesAt.create(spool.descriptor(), spool.at(temporary), spool.mode());
        } while (fd == -Errno.EEXIST.number() && --tries > 0);
        if (fd < 0) {
            throw new CannotWrite("Could not open '" + temporary + "' for writing: " + Errno.text(-fd));
        }
        int failed = fill(fd, content);
        Descriptor.close(fd);
        if (failed != 0) {
            spool.unlink(temporary);
            throw new CannotWrite("Could not write to '" + name + "': " + Errno.text(failed));
        }
        return temporary;
    }

    private int fill(int fd, String content) {
        // The umask is the process's and cannot be set aside for one thread.
        int r = FilesAt.changeMode(fd, spool.mode());
        try {
            if (r == 0 && !content.isEmpty()) {
                Descriptor.write(fd, Octets.bytes(content));
            }
            return -r;
        } catch (OsException e) {
            return e.errno();
        }
    }

    /** A sentence for the log. */
    static final class CannotWrite extends Exception {
        private static final long serialVersionUID = 1L;

        CannotWrite(String sentence) {
            super(sentence, null, false, false);
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }
    }
}
