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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
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
        int fd = spool.open(address.toString());
        if (fd < 0) {
            return cannotOpen(Errno.of(-fd), -fd);
        }
        try {
            FilesAt.Status status = FilesAt.status(fd);
            Verdict.Why unusable = GrantFile.unusable(status);
            if (unusable != null) {
                return Verdict.not(unusable);
            }
            Verdict.Why outOfTime = outOfTime(status.modified().getEpochSecond());
            if (outOfTime != null) {
                return Verdict.not(outOfTime);
            }
            return new Verdict.Granted(
                    List.of(grant(address, read(fd, status), status.modified().getEpochSecond())));
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
        return status.size() == 0 ? Holder.UNNAMED : GrantFile.holder(GrantFile.read(fd, status));
    }

    // ---- allow

    @Override
    public Allowed allow(IpAddress address, Holder holder) {
        String content = GrantFile.content(holder);
        try {
            new Placing(spool, clock).put(address.toString(), content);
            return new Allowed.Written(grant(address, holder, clock.instant().getEpochSecond()));
        } catch (Placing.CannotWrite e) {
            String trouble = spool.trouble();
            return new Allowed.NotWritten(trouble != null ? trouble : e.getMessage());
        }
    }

    // ---- revoke, age, list

    @Override
    public boolean revoke(IpAddress address) throws IOException {
        int r = spool.unlink(address.toString());
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
        Ageing ageing = new Ageing(spool, modified -> outOfTime(modified) != null);
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
