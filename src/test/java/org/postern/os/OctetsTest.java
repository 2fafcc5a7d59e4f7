package org.postern.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OctetsTest {
    private static final String ALL = IntStream.range(0, 256)
            .collect(StringBuilder::new, (b, i) -> b.append((char) i), StringBuilder::append)
            .toString();

    @TempDir
    Path directory;

    @Test
    void everyOctetIsAChar() {
        byte[] bytes = Octets.bytes(ALL);
        assertThat(bytes).hasSize(256);
        for (int i = 0; i < 256; i++) {
            assertThat(bytes[i]).isEqualTo((byte) i);
        }
        assertThat(Octets.of(bytes)).isEqualTo(ALL);
        assertThat(Octets.of(bytes, 0xe8, 2)).isEqualTo("\u00e8\u00e9");
    }

    @Test
    void asciiEndsAt127() {
        assertThat(Octets.isAscii("")).isTrue();
        assertThat(Octets.isAscii("a\u007f\0")).isTrue();
        assertThat(Octets.isAscii("a\u0080")).isFalse();
    }

    /** No locale's rules: neither the Turkish i nor octets that are letters in ISO 8859-1. */
    @Test
    void onlyLettersOfAsciiHaveACase() {
        assertThat(Octets.lowerCase("AZ az @[`{ \u00c9\u00e9")).isEqualTo("az az @[`{ \u00c9\u00e9");
        assertThat(Octets.upperCase("AZ az @[`{ \u00c9\u00e9")).isEqualTo("AZ AZ @[`{ \u00c9\u00e9");
        String same = "nothing to do";
        assertThat(Octets.lowerCase(same)).isSameAs(same);
        assertThat(Octets.upperCase(Octets.lowerCase(ALL))).isEqualTo(Octets.upperCase(ALL));
    }

    /** A name that is no UTF-8: the file has these octets, and no others. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "\u00e9", "\u00ff\u0080x", "\u00c3\u00a9", "a\nb"})
    void pathsHaveExactlyTheseOctets(String name) throws IOException {
        Path file = directory.resolve(Octets.path(name));
        Files.writeString(file, "x");
        assertThat(Octets.of(file)).isEqualTo(directory + "/" + name);
        try (var files = Files.list(directory)) {
            assertThat(files.map(f -> Octets.of(f.getFileName()))).containsExactly(name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/\u00e9//b/", "//\u00e9/b", "/\u00e9/b"})
    void doubledAndLastSlashesDoNotCount(String name) {
        assertThat(Octets.of(Octets.path(name))).isEqualTo("/\u00e9/b");
        assertThat(Octets.path(name).getNameCount()).isEqualTo(2);
    }

    @Test
    void nulIsNoPath() {
        assertThatThrownBy(() -> Octets.path("a\0")).isInstanceOf(InvalidPathException.class);
        assertThatThrownBy(() -> Octets.path("\u00e9\0")).isInstanceOf(InvalidPathException.class);
    }
}
