package org.postern.relay;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.tcp.IpAddress;

/**
 * Grants as relay-ctrl keeps them: a file an address, its time of modification the grant's. relay-ctrl's programs may
 * read and write the same directory meanwhile. Nothing is kept in memory, nothing is synced: a power cut costs a login.
 *
 * <p>How {@link #allow} and {@link #age} do not cross (docs/adr/0041): whoever renews or replaces a file holds a shared
 * lock on it, whoever removes it an exclusive one, under which he has looked again at its time and at its name; and
 * where no file was, a new one is put only where there still is none.
 */
public final class DirectoryStore implements GrantStore {
    private static final int TRIES = 8;
    private static final Duration LOCK_POLL = Duration.ofNanos(50_000);
    /** An ageing holds a file's lock for microseconds. Who holds it longer is stopped, or means harm. */
    private static final Duration LOCK_LIMIT = Duration.ofMillis(100);

    private final Spool spool;
    private final Settings settings;
    private final InstantSource clock;

    /**
     * How old a grant may be.
     *
     * @param expiry RELAY_CTRL_EXPIRY: valid while modified + expiry &gt;= now, in whole seconds
     * @param ahead how far in the future a file's time may lie: another host's clock on a shared disk
     */
    public record Settings(Duration expiry, Duration ahead) {
        public static Settings expiringAfter(Duration expiry) {
            return new Settings(expiry, Duration.ofSeconds(5));
        }
    }

    public DirectoryStore(Spool spool, Settings settings, InstantSource clock) {
        this.spool = spool;
        this.settings = settings;
        this.clock = clock;
    }

    // ---- check

    @Override
    public Verdict check(IpAddress address) {
        int fd = open(address.toString());
        if (fd < 0) {
            return cannotOpen(Errno.of(-fd), -fd);
        }
        try {
            FilesAt.Status status = FilesAt.status(fd);
            Verdict.Why unusable = unusable(status);
            if (unusable != null) {
                return Verdict.not(unusable);
            }
            Verdict.Why outOfTime = outOfTime(status.modified());
            if (outOfTime != null) {
                return Verdict.not(outOfTime);
            }
            return new Verdict.Granted(List.of(grant(address, read(fd, status), status.modified())));
        } catch (OsException e) {
            return new Verdict.Unavailable("Could not read IP file '" + address + "': " + Errno.text(e.errno()));
        } finally {
            Descriptor.close(fd);
        }
    }

    private Verdict cannotOpen(@Nullable Errno error, int number) {
        if (error == Errno.ELOOP) {
            return Verdict.not(new Verdict.Why.Unusable("a symbolic link"));
        }
        if (error == Errno.ENXIO || error == Errno.ENODEV) {
            return Verdict.not(new Verdict.Why.Unusable("a socket or a device"));
        }
        String trouble = spool.trouble();
        if (trouble != null) {
            return new Verdict.Unavailable(trouble);
        }
        if (error == Errno.ENOENT) {
            return Verdict.not(new Verdict.Why.Never());
        }
        if (error == Errno.EACCES) {
            return Verdict.not(new Verdict.Why.Unreadable(error.text()));
        }
        return new Verdict.Unavailable("Could not open IP file: " + Errno.text(number));
    }

    /** Only what relay-ctrl itself makes is a grant: others may write into the directory. */
    private static Verdict.@Nullable Why unusable(FilesAt.Status status) {
        if (!status.isRegular()) {
            return new Verdict.Why.Unusable("not a regular file");
        }
        if (status.links() > 1) {
            return new Verdict.Why.Unusable("a file with other names");
        }
        return status.size() > GrantFile.MAX_OCTETS
                ? new Verdict.Why.Unusable("larger than " + GrantFile.MAX_OCTETS + " octets")
                : null;
    }

    private Verdict.@Nullable Why outOfTime(long modified) {
        long now = clock.instant().getEpochSecond();
        long age = now - modified;
        if (age > settings.expiry.toSeconds()) {
            return new Verdict.Why.Expired(Duration.ofSeconds(age - settings.expiry.toSeconds()));
        }
        return -age > settings.ahead.toSeconds() ? new Verdict.Why.Ahead(Duration.ofSeconds(-age)) : null;
    }

    private Grant grant(IpAddress address, Holder holder, long modified) {
        Instant since = Instant.ofEpochSecond(modified);
        return new Grant(address, holder, since, since.plus(settings.expiry));
    }

    private static Holder read(int fd, FilesAt.Status status) throws OsException {
        return status.size() == 0 ? Holder.UNNAMED : GrantFile.holder(content(fd, status));
    }

    private static String content(int fd, FilesAt.Status status) throws OsException {
        byte[] octets = new byte[(int) status.size()];
        return Octets.of(octets, 0, Descriptor.read(fd, octets));
    }

    private int open(String name) {
        return FilesAt.open(spool.descriptor(), spool.at(name));
    }

    // ---- allow

    @Override
    public Allowed allow(IpAddress address, Holder holder) {
        String content = GrantFile.content(holder);
        try {
            put(address.toString(), content);
            return new Allowed.Written(grant(address, holder, clock.instant().getEpochSecond()));
        } catch (CannotWrite e) {
            String trouble = spool.trouble();
            return new Allowed.NotWritten(trouble != null ? trouble : e.getMessage());
        }
    }

    private void put(String name, String content) throws CannotWrite {
        for (int i = 0; i < TRIES; i++) {
            int fd = open(name);
            if (fd == -Errno.ENOENT.number()) {
                if (place(name, content, true)) {
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
        place(name, content, false);
    }

    /** Sets the time where the rest is as it should be, replaces the file where not; false where it is gone. */
    private boolean renew(int fd, String name, String content) throws CannotWrite {
        boolean locked = lockShared(fd);
        try {
            FilesAt.Status status = FilesAt.status(fd);
            if (status.links() == 0) {
                return false;
            }
            if (locked
                    && unusable(status) == null
                    && status.permissions() == spool.mode()
                    && status.size() == content.length()
                    && content(fd, status).equals(content)
                    && FilesAt.touch(fd) == 0) {
                return true;
            }
        } catch (OsException e) {
            // What cannot be read is replaced.
            return place(name, content, false);
        }
        return place(name, content, false);
    }

    private static boolean lockShared(int fd) {
        long deadline = System.nanoTime() + LOCK_LIMIT.toNanos();
        try {
            while (!FilesAt.lockShared(fd)) {
                if (System.nanoTime() > deadline) {
                    return false;
                }
                LockSupport.parkNanos(LOCK_POLL.toNanos());
            }
            return true;
        } catch (OsException e) {
            // No file of ours: a directory of another file system, say.
            return false;
        }
    }

    /** Writes the file under another name and renames it; false where the name must be free and is not. */
    private boolean place(String name, String content, boolean onlyIfFree) throws CannotWrite {
        String temporary = write(name, content);
        int r = onlyIfFree ? renameIfFree(temporary, name) : rename(temporary, name);
        if (r == -Errno.ENOENT.number()) {
            // Whoever stood still for longer than the expiry finds his temporary file removed.
            temporary = write(name, content);
            r = onlyIfFree ? renameIfFree(temporary, name) : rename(temporary, name);
        }
        if (r == 0) {
            return true;
        }
        FilesAt.unlink(spool.descriptor(), spool.at(temporary));
        if (onlyIfFree && r == -Errno.EEXIST.number()) {
            return false;
        }
        throw new CannotWrite("Could not rename '" + temporary + "' to '" + name + "': " + Errno.text(-r));
    }

    private int rename(String from, String to) {
        return FilesAt.rename(spool.descriptor(), spool.at(from), spool.at(to));
    }

    private int renameIfFree(String from, String to) {
        int r = FilesAt.renameIfFree(spool.descriptor(), spool.at(from), spool.at(to));
        // A file system that cannot promise it: then it is the original's rename.
        return r == -Errno.EINVAL.number() ? rename(from, to) : r;
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
            FilesAt.unlink(spool.descriptor(), spool.at(temporary));
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
    private static final class CannotWrite extends Exception {
        private static final long serialVersionUID = 1L;

        CannotWrite(String sentence) {
            super(sentence, null, false, false);
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }
    }

    // ---- revoke, age, list

    @Override
    public boolean revoke(IpAddress address) throws IOException {
        int r = FilesAt.unlink(spool.descriptor(), spool.at(address.toString()));
        if (r != 0 && r != -Errno.ENOENT.number()) {
            throw new OsException("unlink " + address, -r);
        }
        String trouble = r == 0 ? null : spool.trouble();
        if (trouble != null) {
            throw new IOException(trouble);
        }
        return r == 0;
    }

    @Override
    public Aged age() throws IOException {
        Ageing ageing = new Ageing(spool, clock.instant().minus(settings.expiry).getEpochSecond());
        eachName(ageing::look);
        return ageing.result();
    }

    @Override
    public void list(Consumer<? super Grant> each) throws IOException {
        eachName(name -> {
            IpAddress address = GrantFile.address(name);
            if (address != null && check(address) instanceof Verdict.Granted granted) {
                granted.grants().forEach(each);
            }
        });
    }

    private void eachName(Consumer<String> each) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(spool.path())) {
            for (Path entry : entries) {
                // Names of ours are ASCII, so nothing is lost where the locale cannot read the others.
                each.accept(String.valueOf(entry.getFileName()));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }
}
