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
import org.postern.file.DiskImage;
import org.postern.file.PowerCut;
import org.postern.file.TestingDisk;
import org.postern.maildir.MaildirDelivery.Outcome;
import org.postern.os.Octets;

/**
 * The power is cut at every operation of a delivery, and every disk made that the cut may leave. What was answered
 * "stored" is there whole; otherwise nothing half is; and the second attempt ends with exactly one.
 */
class MaildirPowerCutTest {
    private static final String TEXT = "Subject: t\n\n" + "0123456789\n".repeat(20_000);
    private static final List<String> PARTS = List.of("tmp", "new", "cur");

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
        Path maildir = Files.createDirectory(dir.resolve("Maildir"));
        for (String part : PARTS) {
            Files.createDirectory(maildir.resolve(part));
        }
        TestingDisk disk = new TestingDisk().knowing(maildir);
        disk.note(deliver(disk, maildir));
        PowerCut cut = new PowerCut(disk);
        int disks = 0;
        while (cut.next()) {
            for (DiskImage image : cut.disks(maildir, 1000, new Random(cut.step()))) {
                String where = "cut after step " + cut.step() + ", left:\n" + image.digest();
                Path after = dir.resolve("after" + disks++);
                image.writeTo(after);
                for (Path message : delivered(after)) {
                    assertThat(Files.readString(message)).as(where).isEqualTo(TEXT);
                }
                if (!cut.notes().isEmpty()) {
                    assertThat(cut.notes().getFirst()).isInstanceOf(Outcome.Stored.class);
                    assertThat(delivered(after)).as(where).hasSize(1);
                }
                assertThat(deliver(Disk.real(), after)).as(where).isInstanceOf(Outcome.Stored.class);
                assertThat(delivered(after)).as(where).hasSize(1);
                assertThat(Files.readString(delivered(after).getFirst()))
                        .as(where)
                        .isEqualTo(TEXT);
            }
        }
        assertThat(disks).isGreaterThan(40);
    }
}
