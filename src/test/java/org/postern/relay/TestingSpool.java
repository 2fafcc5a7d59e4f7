package org.postern.relay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.postern.os.Octets;
import org.postern.tcp.IpAddress;

/** A spool in a scratch directory, files in it by hand, and a store over it. */
record TestingSpool(Path directory) {
    static final Duration EXPIRY = Duration.ofSeconds(600);

    DirectoryStore store() {
        return store(InstantSource.system());
    }

    DirectoryStore store(InstantSource clock) {
        return new DirectoryStore(Spool.at(directory), DirectoryStore.Settings.expiringAfter(EXPIRY), clock);
    }

    static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    Path file(String name) {
        return directory.resolve(Octets.path(name));
    }

    /** Writes a file as somebody else would, so many seconds ago. */
    Path write(String name, String content, long ago) throws IOException {
        Path file = Files.write(file(name), Octets.bytes(content));
        mode(file, 0600);
        return ago(file, ago);
    }

    static Path mode(Path file, int mode) throws IOException {
        StringBuilder text = new StringBuilder("rwxrwxrwx");
        for (int bit = 0; bit < 9; bit++) {
            if ((mode & 0400 >> bit) == 0) {
                text.setCharAt(bit, '-');
            }
        }
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(text.toString()));
    }

    static Path ago(Path file, long seconds) throws IOException {
        return Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(seconds)));
    }

    String content(String name) throws IOException {
        return Octets.of(Files.readAllBytes(file(name)));
    }

    long age(String name) throws IOException {
        return Instant.now().getEpochSecond()
                - Files.getLastModifiedTime(file(name)).toInstant().getEpochSecond();
    }

    Map<String, Object> attributes(String name) throws IOException {
        return Files.readAttributes(file(name), "unix:*", LinkOption.NOFOLLOW_LINKS);
    }

    /** The names that relay-ctrl reads. */
    List<String> addresses() throws IOException {
        return names().stream().filter(name -> !name.startsWith(".")).toList();
    }

    List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(f -> Octets.of(f.getFileName())).sorted().toList();
        }
    }
}
