package org.postern.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;
import org.postern.file.TestingDisk;
import org.postern.maildir.MaildirDelivery.Outcome;
import org.postern.os.Octets;

/**
 * The power is cut at every operation of a delivery, and the disk made as the cut may leave it. What was answered
 * "stored" is there whole; otherwise nothing half is; and the second attempt ends with exactly one.
 */
class MaildirPowerCutTest {
    private static final String TEXT = "Subject: t\n\n" + "0123456789\n".repeat(20_000);

    @TempDir
    Path dir;

    private static Outcome deliver(Disk disk, Path maildir) {
        return new MaildirDelivery(disk, InstantSource.system(), "vm")
                .deliver(maildir, "77", "", new ByteArrayInputStream(Octets.bytes(TEXT)));
    }

    private static List<Path> delivered(Path maildir) throws IOException {
        try (Stream<Path> files = Files.list(maildir.resolve("new"))) {
            return files.toList();
        }
    }

    @Test
    void nothingIsLostNothingIsHalfNothingComesTwice() throws IOException {
        boolean off = true;
        int cuts = 0;
        // The first three operations make the Maildir.
        for (int cut = 4; off; cut++) {
            Path maildir = Files.createDirectory(dir.resolve("cut" + cut));
            TestingDisk disk = new TestingDisk().cuttingPowerAt(cut);
            for (String part : List.of("tmp", "new", "cur")) {
                disk.createDirectory(maildir.resolve(part), 0700);
            }
            Outcome answer = deliver(disk, maildir);
            off = disk.isOff();
            cuts++;
            for (TestingDisk.Left left : TestingDisk.Left.values()) {
                String where = "cut at " + cut + " of " + disk.operations() + ", left " + left;
                Path after = dir.resolve("after" + cut + left);
                disk.materialise(maildir, after, left, new Random(cut));
                for (Path message : delivered(after)) {
                    assertThat(Files.readString(message)).as(where).isEqualTo(TEXT);
                }
                if (answer instanceof Outcome.Stored) {
                    assertThat(delivered(after)).as(where).hasSize(1);
                }
                assertThat(deliver(Disk.real(), after)).as(where).isInstanceOf(Outcome.Stored.class);
                assertThat(delivered(after)).as(where).hasSize(1);
                assertThat(Files.readString(delivered(after).getFirst()))
                        .as(where)
                        .isEqualTo(TEXT);
            }
        }
        assertThat(cuts).isGreaterThan(6);
    }
}
