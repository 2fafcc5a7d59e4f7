package org.postern.maildir;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;

/**
 * Which deliveries have already put their copy into a Maildir. A Maildir is listed when it is first delivered into;
 * from then on what this process adds is remembered, and no delivery lists it again unless the memory says that its
 * copy may be there. Memory is bounded: the Maildirs that were not used for longest are forgotten and listed anew.
 */
final class KnownCopies {
    /** Tokens remembered in all, some 60 octets each. */
    private static final int MOST = 200_000;

    /** A message's file, and which part of the Maildir it is in. */
    record Copy(Path directory, Path file) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Path, Set<Long>> known = new LinkedHashMap<>(16, 0.75f, true);
    private int remembered;

    /** The copy that a delivery has made before, wherever it has been moved within the Maildir. */
    Optional<Copy> find(Path maildir, String token) throws IOException {
        Boolean perhaps = remembers(maildir, token);
        if (perhaps == null) {
            Set<Long> tokens = new HashSet<>();
            Copy first = list(maildir, token, tokens);
            learn(maildir, tokens);
            return Optional.ofNullable(first);
        }
        return perhaps ? Optional.ofNullable(list(maildir, token, new HashSet<>())) : Optional.empty();
    }

    /** This process has made a copy. Where the Maildir has been forgotten, the next listing will find it. */
    void add(Path maildir, String token) {
        lock.lock();
        try {
            Set<Long> tokens = known.get(maildir.normalize());
            if (tokens != null && tokens.add(hash(token))) {
                remembered++;
                forget();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Null where the Maildir is not known. */
    private @Nullable Boolean remembers(Path maildir, String token) {
        lock.lock();
        try {
            Set<Long> tokens = known.get(maildir.normalize());
            return tokens == null ? null : tokens.contains(hash(token));
        } finally {
            lock.unlock();
        }
    }

    /** Joins what was listed with what is known: another delivery may have added since. */
    private void learn(Path maildir, Set<Long> tokens) {
        lock.lock();
        try {
            Set<Long> there = known.computeIfAbsent(maildir.normalize(), m -> new HashSet<>());
            int before = there.size();
            there.addAll(tokens);
            remembered += there.size() - before;
            forget();
        } finally {
            lock.unlock();
        }
    }

    private void forget() {
        Iterator<Set<Long>> oldest = known.values().iterator();
        while (remembered > MOST && oldest.hasNext()) {
            remembered -= oldest.next().size();
            oldest.remove();
        }
    }

    /** Lists new before cur: files move from new to cur, so none is missed. */
    private static @Nullable Copy list(Path maildir, String token, Set<Long> tokens) throws IOException {
        Copy found = null;
        for (String part : new String[] {"new", "cur"}) {
            Path directory = maildir.resolve(part);
            if (!Files.exists(directory)) {
                // Without new the delivery fails by itself; without cur nothing was moved there.
                continue;
            }
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
                for (Path file : files) {
                    Optional<String> its = UniqueName.tokenOf(Octets.of(file.getFileName()));
                    if (its.isPresent()) {
                        tokens.add(hash(its.get()));
                        found = its.get().equals(token) ? new Copy(directory, file) : found;
                    }
                }
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
        }
        return found;
    }

    /** 64 bits of it (FNV-1a): what is remembered is only a hint, the directory decides. */
    private static long hash(String token) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < token.length(); i++) {
            hash = (hash ^ token.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
