package org.postern.file;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;

/** Files that were changed long enough ago for what was read of them to be remembered. */
public final class TestingFileAge {
    private static final Duration REMEMBERED_AFTER = Duration.ofMillis(2050);

    private TestingFileAge() {}

    /** Nobody can set a time of change, so this waits until the last one is long enough ago. */
    public static void settle(Path file) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
        Instant changed = ((FileTime) Files.getAttribute(file, "unix:ctime")).toInstant();
        await().until(() -> Instant.now().isAfter(changed.plus(REMEMBERED_AFTER)));
    }
}
