package org.postern.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this host calls itself. Java's own way to it asks the resolver, which may wait for servers that do not answer. */
public final class HostName {
    private HostName() {}

    /** gethostname(2)'s answer, an octet string; {@code localhost} where /proc is hidden. */
    public static String get() {
        try {
            return Octets.of(Files.readAllBytes(Path.of("/proc/sys/kernel/hostname")))
                    .strip();
        } catch (IOException e) {
            return "localhost";
        }
    }
}
