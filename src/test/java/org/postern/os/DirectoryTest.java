package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An open directory. */
class DirectoryTest {
    @TempDir
    Path path;

    private List<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        try (Directory directory = Directory.open(Octets.of(path))) {
            directory.names(names::add);
        }
        return names;
    }

    @Test
    void anEmptyOneHasNoNames() throws IOException {
        assertThat(names()).isEmpty();
    }

    @Test
    void namesAreOctets() throws IOException {
        Files.createFile(path.resolve("plain"));
        Files.createFile(path.resolve(".hidden"));
        Files.createFile(path.resolve(Octets.path("caf\u00e9 \n\u0001")));
        assertThat(names()).containsExactlyInAnyOrder("plain", ".hidden", "caf\u00e9 \n\u0001");
    }

    @Test
    void aLargeOneIsReadToItsEnd() throws IOException {
        List<String> all = IntStream.range(0, 3000)
                .mapToObj(i -> "a-name-of-some-length-" + i + "x".repeat(i % 100))
                .toList();
        for (String name : all) {
            Files.createFile(path.resolve(name));
        }
        assertThat(names()).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void statusIsFoundByName() throws IOException {
        Files.writeString(path.resolve("file"), "four");
        Files.createSymbolicLink(path.resolve("link"), Path.of("file"));
        Files.createSymbolicLink(path.resolve("dangling"), Path.of("nowhere"));
        try (Directory directory = Directory.open(Octets.of(path))) {
            int fd = directory.descriptor();
            FilesAt.Status file = FilesAt.find(fd, "file").orThrow();
            assertThat(file.size()).isEqualTo(4);
            assertThat(file.modified())
                    .isEqualTo(Files.getLastModifiedTime(path.resolve("file")).toInstant());
            assertThat(FilesAt.find(fd, "link").orThrow().isSameFile(file)).isTrue();
            assertThat(FilesAt.status(fd, "link").isSameFile(file)).isFalse();
            assertThat(FilesAt.find(fd, "dangling")).isEqualTo(new FilesAt.Found(null, Errno.ENOENT.number()));
        }
    }

    @Test
    void whatIsNoDirectoryIsRefused() throws IOException {
        Path file = Files.createFile(path.resolve("file"));
        assertThatThrownBy(() -> Directory.open(Octets.of(file)))
                .isInstanceOfSatisfying(
                        OsException.class, e -> assertThat(Errno.of(e)).isEqualTo(Errno.ENOTDIR));
    }
}
