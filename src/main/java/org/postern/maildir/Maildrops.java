package org.postern.maildir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postern.os.FilesAt;
import org.postern.os.Octets;
import org.postern.os.OsException;

/**
 * Opens maildrops, and remembers what was in those that were opened lately: most logins find a maildrop as the last one
 * left it. It is the same while tmp/, new/ and cur/ are the same directories with the same times, since each message
 * that comes, goes or changes its flags changes those (docs/adr/0049). For any number of threads.
 */
public final class Maildrops {
    /** Two changes within a tick of the file system's clock leave the same time behind; the longest tick is a second. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    /** What a message takes is some 300 octets. */
    private static final int MOST_MESSAGES = 100_000;

    private final int most;
    private final ReentrantLock lock = new ReentrantLock();

    /** The one that was opened longest ago first. */
    private final Map<Key, Seen> seen = new LinkedHashMap<>(16, 0.75f, true);

    private int messages;

    /** What one user may list is not another's to see. */
    private record Key(Path directory, int uid) {}

    private record Seen(Parts parts, List<Message> messages) {
        /** An empty maildrop takes room, too. */
        int weight() {
            return messages.size() + 1;
        }
    }

    public Maildrops() {
        this(MOST_MESSAGES);
    }

    /** @param most messages that are remembered */
    Maildrops(int most) {
        this.most = most;
    }

    /** The three directories, before they were listed. */
    private record Parts(FilesAt.Status tmp, FilesAt.Status fresh, FilesAt.Status cur) {
        static @Nullable Parts of(Path maildir) {
            FilesAt.Status tmp = look(maildir, "/tmp");
            FilesAt.Status fresh = look(maildir, "/new");
            FilesAt.Status cur = look(maildir, "/cur");
            return tmp == null || fresh == null || cur == null ? null : new Parts(tmp, fresh, cur);
        }

        private static FilesAt.@Nullable Status look(Path maildir, String part) {
            return FilesAt.find(FilesAt.WORKING_DIRECTORY, Octets.of(maildir) + part)
                    .status();
        }

        boolean isStill(Parts now) {
            return tmp.isSameVersion(now.tmp) && fresh.isSameVersion(now.fresh) && cur.isSameVersion(now.cur);
        }

        boolean areOlderThan(Instant moment) {
            return List.of(tmp, fresh, cur).stream()
                    .allMatch(s -> s.changed().isBefore(moment) && s.modified().isBefore(moment));
        }
    }

    /**
     * Lists new/ and cur/, and removes what is abandoned in tmp/.
     *
     * @param uid whose rights the calling thread has on files
     * @param now for what "abandoned" means
     */
    public Maildrop.Opening open(Path directory, int uid, Instant now) {
        Key key = new Key(directory, uid);
        Parts parts = Parts.of(directory);
        Optional<List<Message>> known = parts == null ? Optional.empty() : recall(key, parts);
        if (known.isPresent()) {
            return new Maildrop.Opening.Opened(new Maildrop(directory, new ArrayList<>(known.get())));
        }
        // What chdir(2) would find out: that it is a directory, and that this user may search it.
        FilesAt.Found found = FilesAt.find(FilesAt.WORKING_DIRECTORY, Octets.of(directory) + "/.");
        if (found.status() == null) {
            return new Maildrop.Opening.Missing(new OsException("chdir", found.errno()));
        }
        boolean clean = Abandoned.remove(directory.resolve("tmp"), now);
        List<Message> listed;
        try {
            listed = Scan.of(directory, now);
        } catch (IOException e) {
            return new Maildrop.Opening.CannotScan(e);
        }
        if (parts != null && clean && isSettled(parts, listed, now.minus(SETTLED))) {
            remember(key, new Seen(parts, List.copyOf(listed)));
        }
        return new Maildrop.Opening.Opened(new Maildrop(directory, listed));
    }

    /** A file that is young may still be written to by one who does not know Maildir. */
    private static boolean isSettled(Parts parts, List<Message> messages, Instant moment) {
        return parts.areOlderThan(moment)
                && messages.stream().allMatch(m -> m.modified().isBefore(moment));
    }

    private Optional<List<Message>> recall(Key key, Parts now) {
        lock.lock();
        try {
            Seen last = seen.get(key);
            return last != null && last.parts.isStill(now) ? Optional.of(last.messages) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private void remember(Key key, Seen listed) {
        lock.lock();
        try {
            Seen before = seen.put(key, listed);
            messages += listed.weight() - (before == null ? 0 : before.weight());
            Iterator<Seen> oldest = seen.values().iterator();
            while (messages > most) {
                messages -= oldest.next().weight();
                oldest.remove();
            }
        } finally {
            lock.unlock();
        }
    }

    /** How many messages are remembered, each maildrop counted as one more. */
    int remembered() {
        lock.lock();
        try {
            return messages;
        } finally {
            lock.unlock();
        }
    }
}
