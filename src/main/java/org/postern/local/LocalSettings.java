package org.postern.local;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings of local delivery.
 *
 * @param defaultdelivery what an absent or empty .qmail file means, qmail-start's first argument; default
 *     {@code ./Mailbox}, in the recipe {@code ./Maildir/}. Lines as in a .qmail file.
 * @param spool where a message is put while programs of .qmail files read it, removed at once; default the system's
 *     directory for temporary files
 * @param programLimit how long a program may run; default one day
 * @param lockLimit how long to wait for the lock of an mbox; default 30 s
 */
public record LocalSettings(String defaultdelivery, Path spool, Duration programLimit, Duration lockLimit) {
    public static LocalSettings of(String defaultdelivery) {
        return new LocalSettings(
                defaultdelivery,
                Path.of(System.getProperty("java.io.tmpdir", "/tmp")),
                Duration.ofDays(1),
                Duration.ofSeconds(30));
    }
}
