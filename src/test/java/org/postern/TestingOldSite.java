package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Programs of another maker in the recipe's own places, as on a site that moves. Where this machine has some, these stay. */
final class TestingOldSite implements Closeable {
    private static final List<Path> PLACES = Stream.of(
                    "/usr/local/bin/tcpserver",
                    "/usr/local/bin/relay-ctrl-allow",
                    "/bin/checkpassword",
                    "/var/qmail/bin/qmail-popup",
                    "/var/qmail/bin/qmail-smtpd")
            .map(Path::of)
            .toList();
    private static final String ATTRIBUTES = "unix:mode,uid,gid,ino,lastModifiedTime";

    private final Path qmail = Path.of("/var/qmail");
    private final boolean hadQmail = Files.exists(qmail);
    private final List<Path> mine;
    private final List<Map<String, Object>> before;

    TestingOldSite() throws IOException {
        mine = PLACES.stream()
                .filter(place -> !Files.exists(place, LinkOption.NOFOLLOW_LINKS))
                .toList();
        assertThat(mine).isNotEmpty();
        for (Path place : mine) {
            Files.createDirectories(place.getParent());
            Files.writeString(place, "#!/bin/sh\n# " + place + "\n");
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwx--x--x"));
            Files.setAttribute(place, "unix:uid", 12345);
        }
        before = attributes(mine);
    }

    private static List<Map<String, Object>> attributes(List<Path> files) throws IOException {
        List<Map<String, Object>> all = new java.util.ArrayList<>();
        for (Path file : files) {
            all.add(Files.readAttributes(file, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS));
        }
        return all;
    }

    private static Path orig(Path place) {
        return place.resolveSibling(place.getFileName() + ".orig");
    }

    void assertKept() throws IOException {
        assertThat(mine).allMatch(Files::isSymbolicLink);
        assertThat(attributes(mine.stream().map(TestingOldSite::orig).toList())).isEqualTo(before);
    }

    void assertAsBefore() throws IOException {
        assertThat(attributes(mine)).isEqualTo(before);
        for (Path place : mine) {
            assertThat(place).content().contains("# " + place + "\n");
            assertThat(orig(place)).doesNotExist();
        }
    }

    @Override
    public void close() throws IOException {
        for (Path place : mine) {
            Files.deleteIfExists(place);
        }
        if (!hadQmail) {
            TestingPrograms.succeed("rm", "-rf", qmail.toString());
        }
    }
}
