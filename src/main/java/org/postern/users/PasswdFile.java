package org.postern.users;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Log;
import org.postern.os.Errno;
import org.postern.os.FilesAt;
import org.postern.os.Nss;
import org.postern.os.Octets;

/**
 * Accounts of a file in Dovecot's passwd-file format. It is read whole, once, and again when it has changed; a look-up
 * costs one stat(2).
 */
public final class PasswdFile implements AccountSource {
    private static final int LARGEST = 64 << 20;
    private static final int TRIES = 3;

    /** A file system's clock ticks: two changes within a tick leave the same time behind. */
    private static final Duration TICK = Duration.ofMillis(50);

    private final Path file;
    private final Nss names;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile @Nullable Read read;

    /** @param names looks up owners that are named instead of numbered */
    public PasswdFile(Path file, Nss names) {
        this.file = file;
        this.names = names;
    }

    /** What tells one version of the file from the next. */
    private record Version(FilesAt.Status status) {
        static Version of(Path file) throws IOException {
            return new Version(
                    FilesAt.find(FilesAt.WORKING_DIRECTORY, Octets.of(file)).orThrow());
        }

        void demandSound() throws IOException {
            if (!status.isRegular()) {
                throw new IOException("it is no regular file");
            }
            if ((status.permissions() & 0002) != 0) {
                throw new IOException("everyone may write to it, so anyone could make accounts: chmod o-w it");
            }
            if (status.size() > LARGEST) {
                throw new IOException("it is larger than " + (LARGEST >> 20) + " MB");
            }
        }

        boolean isReadableByAll() {
            return (status.permissions() & 0004) != 0;
        }

        /** Whether a change after that moment has another time than this version. */
        boolean isSettledAt(Instant when) {
            return status.changed().plus(TICK).isBefore(when);
        }

        boolean isSame(Version other) {
            return status.isSameVersion(other.status);
        }
    }

    /** A version that was read, at that time. */
    private record Read(Version version, Instant at, PasswdEntries entries) {
        boolean isStill(Version found) {
            return version.isSame(found) && (version.isSettledAt(at) || !version.isSettledAt(Instant.now()));
        }
    }

    @Override
    public Lookup find(String name, Log log) {
        try {
            return current(log).find(name);
        } catch (IOException e) {
            return new Lookup.Unavailable(unusable(e));
        }
    }

    /**
     * Reads it, for one who wants to know at start. What is wrong with a line is told to the log and keeps nobody else out.
     *
     * @throws IOException where it cannot be used; the message names it
     */
    public void demandReadable(Log log) throws IOException {
        try {
            PasswdEntries _ = current(log);
        } catch (IOException e) {
            throw new IOException(unusable(e), e);
        }
    }

    private String unusable(IOException e) {
        return "unable to use " + Octets.of(file) + ": " + Errno.djbText(e);
    }

    /**
     * The password of one of the accounts, picked by the name and the file's content. So unknown names take the times
     * that known ones take, in the same proportion where the file has several schemes, and each always the same.
     */
    @Override
    public StoredPassword decoy(String name) {
        Read last = read;
        return last == null ? new StoredPassword.Locked("nothing was read") : last.entries.decoy(name);
    }

    private PasswdEntries current(Log log) throws IOException {
        Version version = Version.of(file);
        Read last = read;
        if (last != null && last.isStill(version)) {
            return last.entries;
        }
        reading.lock();
        try {
            last = read;
            if (last == null || !last.isStill(Version.of(file))) {
                last = read(last, log);
                read = last;
            }
            return last.entries;
        } finally {
            reading.unlock();
        }
    }

    /** Reads until nobody has changed the file meanwhile. What is wrong with the same text is not told again. */
    private Read read(@Nullable Read last, Log log) throws IOException {
        for (int i = 0; ; i++) {
            Version before = Version.of(file);
            before.demandSound();
            Instant at = Instant.now();
            String text = Octets.of(Files.readAllBytes(file));
            if (before.isSame(Version.of(file)) || i == TRIES) {
                return last != null && last.version.status.mode() == before.status.mode() && last.entries.isOf(text)
                        ? new Read(before, at, last.entries)
                        : new Read(before, at, parse(text, before, log));
            }
        }
    }

    private PasswdEntries parse(String text, Version version, Log log) throws IOException {
        String name = Octets.of(file);
        if (version.isReadableByAll()) {
            log.line("warning: " + name + " can be read by everyone: chmod 640 it");
        }
        return PasswdEntries.parse(text, name, names, log);
    }
}
