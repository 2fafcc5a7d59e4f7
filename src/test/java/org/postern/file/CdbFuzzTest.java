package org.postern.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files: the answer is a value that the file holds somewhere, nothing, or an IOException, and it comes soon. */
class CdbFuzzTest {
    private static final long SEED = Long.getLong("seed", System.nanoTime());
    private static final int FILES = 800;

    @TempDir
    private Path dir;

    @Test
    void damagedFilesAreReadOrRefusedInBoundedTime() throws IOException {
        System.out.println("CdbFuzzTest -Dseed=" + SEED);
        Random random = new Random(SEED);
        List<TestingCdb.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            entries.add(new TestingCdb.Entry(i % 3 == 0 ? "10." + i : "k" + i % 20, "+A=" + "v".repeat(i) + "\0"));
        }
        byte[] whole = Files.readAllBytes(TestingCdb.write(dir.resolve("whole"), entries));
        Path damaged = dir.resolve("damaged");
        int answered = assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            int n = 0;
            for (int i = 0; i < FILES; i++) {
                Files.write(damaged, damage(whole, random));
                n += lookUp(damaged, entries) ? 1 : 0;
            }
            return n;
        });
        // Both ways were walked.
        assertThat(answered).isBetween(FILES / 20, FILES - FILES / 20);
        assertThat(openDescriptorsOf(dir)).isEmpty();
    }

    /** Whether all look-ups were answered. */
    private static boolean lookUp(Path file, List<TestingCdb.Entry> entries) {
        try (Cdb cdb = Cdb.open(file)) {
            long most = Files.size(file);
            for (TestingCdb.Entry e : entries) {
                cdb.find(e.key())
                        .ifPresent(value -> assertThat((long) value.length()).isLessThan(most));
            }
            cdb.find("");
            return true;
        } catch (IOException e) {
            assertThat(e.getMessage()).startsWith("protocol error (");
            return false;
        }
    }

    private static byte[] damage(byte[] whole, Random random) {
        byte[] octets =
                random.nextInt(10) == 0 ? Arrays.copyOf(whole, random.nextInt(2 * whole.length)) : whole.clone();
        ByteBuffer numbers = ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN);
        int[] tempting = {0, 1, -1, 8, 2047, 2048, whole.length, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 29};
        for (int damages = random.nextInt(1, 5); damages > 0 && octets.length >= 4; damages--) {
            // The header and the tables weigh more than the records.
            int at = random.nextBoolean()
                    ? random.nextInt(octets.length)
                    : random.nextInt(Math.min(octets.length, 2048));
            switch (random.nextInt(3)) {
                case 0 -> octets[at] = (byte) random.nextInt(256);
                case 1 -> octets[at] ^= (byte) (1 << random.nextInt(8));
                default ->
                    numbers.putInt(Math.min(at, octets.length - 4) & ~3, tempting[random.nextInt(tempting.length)]);
            }
        }
        return octets;
    }

    private static List<String> openDescriptorsOf(Path dir) throws IOException {
        List<String> open = new ArrayList<>();
        try (var fds = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path fd : fds) {
                if (Files.isSymbolicLink(fd)) {
                    String target = Files.readSymbolicLink(fd).toString();
                    if (target.startsWith(dir.toString())) {
                        open.add(target);
                    }
                }
            }
        }
        return open;
    }
}
