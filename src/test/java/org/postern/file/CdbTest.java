package org.postern.file;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.os.Errno;

class CdbTest {
    @TempDir
    private Path dir;

    private Path cdb(TestingCdb.Entry... entries) throws IOException {
        return TestingCdb.write(dir.resolve("test.cdb"), List.of(entries));
    }

    private static TestingCdb.Entry entry(String key, String value) {
        return new TestingCdb.Entry(key, value);
    }

    @Test
    void theFirstOfManyValuesIsFound() throws IOException {
        Path file = cdb(entry("one", "Hello"), entry("two", "x"), entry("one", ", World"));
        try (Cdb cdb = Cdb.open(file)) {
            assertThat(cdb.find("one")).contains("Hello");
            assertThat(cdb.find("three")).isEmpty();
        }
    }

    @Test
    void emptyKeysAndValuesAndAllOctetsAreKept() throws IOException {
        StringBuilder octets = new StringBuilder();
        for (char c = 0; c < 256; c++) {
            octets.append(c);
        }
        try (Cdb cdb = Cdb.open(cdb(entry("", ""), entry(octets.toString(), octets.toString())))) {
            assertThat(cdb.find("")).contains("");
            assertThat(cdb.find(octets.toString())).contains(octets.toString());
        }
    }

    @Test
    void aCdbWithoutRecordsFindsNothing() throws IOException {
        Path file = cdb();
        assertThat(Files.size(file)).isEqualTo(2048);
        try (Cdb cdb = Cdb.open(file)) {
            assertThat(cdb.find("")).isEmpty();
        }
    }

    @Test
    void recordsFarFromTheHeaderAreFound() throws IOException {
        List<TestingCdb.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            entries.add(entry("key" + i, "value".repeat(i % 7) + i));
        }
        entries.add(entry("big", "b".repeat(1_000_000)));
        Path file = TestingCdb.write(dir.resolve("big.cdb"), entries);
        assertThat(TestingCdb.entries(file)).isEqualTo(entries);
        try (Cdb cdb = Cdb.open(file)) {
            for (TestingCdb.Entry e : entries) {
                assertThat(cdb.find(e.key())).contains(e.value());
            }
            assertThat(cdb.find("key5000")).isEqualTo(Optional.empty());
        }
    }

    @Test
    void keysOfOneHashAreToldApart() throws IOException {
        String one = "Aa";
        String other = collisionOf(one);
        try (Cdb cdb = Cdb.open(cdb(entry(one, "1"), entry(other, "2")))) {
            assertThat(cdb.find(one)).contains("1");
            assertThat(cdb.find(other)).contains("2");
        }
    }

    private static String collisionOf(String key) {
        int wanted = Cdb.hash(key.getBytes(ISO_8859_1));
        for (char a = 1; a < 256; a++) {
            for (char b = 1; b < 256; b++) {
                String other = "" + a + b;
                if (!other.equals(key) && Cdb.hash(other.getBytes(ISO_8859_1)) == wanted) {
                    return other;
                }
            }
        }
        throw new AssertionError("no collision of " + key);
    }

    @Test
    void aMissingFileIsSaidToBeMissing() {
        assertThatThrownBy(() -> Cdb.open(dir.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void aDirectoryIsSaidToBeOne() {
        assertThatThrownBy(() -> Cdb.open(dir))
                .isInstanceOfSatisfying(
                        IOException.class, e -> assertThat(Errno.djbText(e)).isEqualTo("is a directory"));
    }

    @Test
    void aFileCutAnywhereIsRefusedWhenItIsOpened() throws IOException {
        byte[] whole = Files.readAllBytes(cdb(entry("10.", "+A=b\0"), entry("20.", "D\0")));
        Path cut = dir.resolve("cut.cdb");
        for (int length = 0; length < whole.length; length++) {
            Files.write(cut, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> Cdb.open(cut))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("protocol error (no cdb, or not a whole one: it ends at octet " + length);
        }
    }

    @Test
    void aTextFileIsNoCdb() throws IOException {
        Path text = Files.writeString(dir.resolve("text"), "127.:allow,RELAYCLIENT=\"\"\n".repeat(1000));
        assertThatThrownBy(() -> Cdb.open(text)).hasMessageContaining("no cdb");
    }

    @Test
    void aFullTableEndsTheSearch() throws IOException {
        // No slot is empty: a search that only stops at one would go on for ever.
        Path file = cdb(entry("k", "v"), entry("k", "w"));
        byte[] octets = Files.readAllBytes(file);
        ByteBuffer buffer = ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN);
        int hash = Cdb.hash(new byte[] {'k'});
        int table = buffer.getInt(8 * (hash & 255));
        for (int slot = 0; slot < 4; slot++) {
            buffer.putInt(table + 8 * slot, hash + 256).putInt(table + 8 * slot + 4, 2048);
        }
        Files.write(file, octets);
        try (Cdb cdb = Cdb.open(file)) {
            assertThat(cdb.find("k")).isEmpty();
        }
    }

    @Test
    void whatWasUnderTheTemporaryNameIsGone() throws IOException {
        Path file = Files.writeString(dir.resolve("test.cdb"), "x".repeat(100_000));
        cdb(entry("a", "b"));
        assertThat(Files.size(file)).isLessThan(3000);
    }

    @Test
    void theFileIsWritableByItsOwnerOnly() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cdb())))
                .startsWith("rw-")
                .doesNotContain("x")
                .doesNotMatch("...[r-]w.*|......[r-]w.*");
    }

    @Test
    void anUnfinishedFileIsNoCdb() throws IOException {
        Path file = dir.resolve("unfinished");
        try (CdbWriter writer = CdbWriter.create(file)) {
            writer.add("a", "b".repeat(10_000));
        }
        assertThatThrownBy(() -> Cdb.open(file)).isInstanceOf(IOException.class);
    }
}
