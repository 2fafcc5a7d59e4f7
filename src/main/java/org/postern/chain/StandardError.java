package org.postern.chain;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postern.os.Octets;
import org.postern.os.Syslog;

/**
 * Descriptor 2 of this process. Behind a foreign qmail-popup, which copies 1 to 2, and under inetd, that is the client
 * itself: a warning there would be the answer to a command (design, table 2). Then the lines go to syslog, facility mail;
 * where there is none they are dropped.
 */
final class StandardError implements Log {
    private static final int MAIL = 2;

    private final OutputStream error;
    private final Path descriptors;
    private final boolean inSession;
    private final Supplier<Syslog> opener;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Syslog syslog;
    private boolean isKnown;

    /**
     * Finds out with the first line where lines go.
     *
     * @param error descriptor 2
     * @param descriptors /proc/self/fd
     * @param inSession whether a server has started this process for a connection, so that 1 is the client
     * @param opener where lines go that the client must not see; not asked before
     */
    StandardError(OutputStream error, Path descriptors, boolean inSession, Supplier<Syslog> opener) {
        this.error = error;
        this.descriptors = descriptors;
        this.inSession = inSession;
        this.opener = opener;
    }

    @Override
    public void line(String octets) {
        lock.lock();
        try {
            if (!isKnown) {
                syslog = isClient() ? opener.get() : null;
                isKnown = true;
            }
            Syslog instead = syslog;
            if (instead != null) {
                octets.lines().forEach(line -> send(line, instead));
            } else {
                error.write(Octets.bytes(octets + "\n"));
            }
        } catch (IOException e) {
            // Nobody reads the log any more; the programs go on, as the originals do.
            return;
        } finally {
            lock.unlock();
        }
    }

    /** The same socket as 1, and known to be the client's: systemd gives a service one socket of its journal on 1 and 2. */
    private boolean isClient() {
        String two = target("2");
        return two.equals(target("1"))
                && (two.startsWith("socket:") && (inSession || two.equals(target("0")))
                        || two.startsWith("pipe:") && inSession);
    }

    private String target(String descriptor) {
        try {
            return Files.readSymbolicLink(descriptors.resolve(descriptor)).toString();
        } catch (IOException e) {
            return descriptor;
        }
    }

    /** {@code relay-ctrl-allow[7]: Warning: ...}: what stands before the first colon is the tag. */
    private static void send(String line, Syslog syslog) {
        int colon = line.indexOf(": ");
        String tag = colon > 0 ? line.substring(0, colon) : "postern";
        String message = colon > 0 ? line.substring(colon + 2) : line;
        boolean trouble = message.toLowerCase(Locale.ROOT).matches("(?s)(warning|fatal): .*");
        Syslog.Sent _ = syslog.send(MAIL, trouble ? Syslog.WARNING : Syslog.INFO, Instant.now(), tag, message);
    }
}
