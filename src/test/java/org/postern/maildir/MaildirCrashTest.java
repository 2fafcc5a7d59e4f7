package org.postern.maildir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.Disk;
import org.postern.file.TestingDisk;
import org.postern.file.TestingFault;
import org.postern.file.TestingFault.Error;
import org.postern.maildir.MaildirDelivery.Outcome;
import org.postern.os.Octets;

/** Stops after every operation on the disk, and delivers again: one whole message, whatever happened. */
class MaildirCrashTest {
    private static final String TEXT = "Subject: t\n\n" + "x".repeat(100_000) + "\n";

    @TempDir
    Path dir;

    private Path maildir(String name) throws IOException {
        Path maildir = dir.resolve(name);
        for (String part : List.of("tmp", "new", "cur")) {
            Files.createDirectories(maildir.resolve(part));
        }
        return maildir;
    }

    private static Outcome deliver(Disk disk, Path maildir) {
        return new MaildirDelivery(disk, InstantSource.system(), "vm")
                .deliver(maildir, "77", "", new ByteArrayInputStream(Octets.bytes(TEXT)));
    }

    private static void assertOneWhole(Path maildir, int step) throws IOException {
        try (Stream<Path> files = Files.list(maildir.resolve("new"))) {
            List<Path> messages = files.toList();
            assertThat(messages).as("step %d", step).hasSize(1);
            assertThat(Files.readString(messages.getFirst())).isEqualTo(TEXT);
        }
    }

    private int operationsOfAWholeDelivery() throws IOException {
        StoppingDisk counting = new StoppingDisk(number -> false);
        assertThat(deliver(counting, maildir("count"))).isInstanceOf(Outcome.Stored.class);
        return counting.operations();
    }

    @Test
    void stoppedAnywhereASecondProcessMakesExactlyOne() throws IOException {
        int operations = operationsOfAWholeDelivery();
        assertThat(operations).isGreaterThan(5);
        for (int step = 0; step < operations; step++) {
            Path maildir = maildir("kill" + step);
            assertThat(deliver(StoppingDisk.after(step), maildir)).isInstanceOf(Outcome.Failed.class);
            assertThat(deliver(Disk.real(), maildir)).isInstanceOf(Outcome.Stored.class);
            assertOneWhole(maildir, step);
        }
    }

    @Test
    void anErrorAnywhereIsAFailureAndLeavesNoHalfMessage() throws IOException {
        int operations = operationsOfAWholeDelivery();
        for (int step = 1; step <= operations; step++) {
            int failing = step;
            Path maildir = maildir("error" + step);
            MaildirDelivery process =
                    new MaildirDelivery(new StoppingDisk(number -> number == failing), InstantSource.system(), "vm");
            assertThat(process.deliver(maildir, "77", "", new ByteArrayInputStream(Octets.bytes(TEXT))))
                    .isInstanceOf(Outcome.Failed.class);
            assertThat(process.deliver(maildir, "77", "", new ByteArrayInputStream(Octets.bytes(TEXT))))
                    .isInstanceOf(Outcome.Stored.class);
            assertOneWhole(maildir, step);
            try (Stream<Path> left = Files.list(maildir.resolve("tmp"))) {
                assertThat(left).isEmpty();
            }
        }
    }

    /** Whatever the error is, and how long it lasts: deferred, nothing half is seen, and then there is one. */
    @Test
    void aDiskThatFailsFromAnyOperationOnIsAFailureUntilItIsHealed() throws IOException {
        int operations = operationsOfAWholeDelivery();
        for (Error error : Error.values()) {
            for (int step = 1; step <= operations; step++) {
                Path maildir = maildir(error + "" + step);
                TestingFault fault = new TestingFault(error, step, false);
                TestingDisk disk = new TestingDisk();
                disk.fault(fault);
                MaildirDelivery process = new MaildirDelivery(disk, InstantSource.system(), "vm");
                Outcome first = process.deliver(maildir, "77", "", new ByteArrayInputStream(Octets.bytes(TEXT)));
                assertThat(first instanceof Outcome.Failed)
                        .as("%s at %d: %s", error, step, first)
                        .isEqualTo(fault.failed() > 0);
                for (String part : List.of("tmp", "new")) {
                    try (Stream<Path> left = Files.list(maildir.resolve(part))) {
                        if (first instanceof Outcome.Failed && error.letsRemove()) {
                            assertThat(left).as("%s at %d", error, step).isEmpty();
                        } else if (part.equals("new")) {
                            assertThat(left).as("%s at %d", error, step).allMatch(f -> isWhole(f));
                        }
                    }
                }
                fault.heal();
                assertThat(process.deliver(maildir, "77", "", new ByteArrayInputStream(Octets.bytes(TEXT))))
                        .isInstanceOf(Outcome.Stored.class);
                assertOneWhole(maildir, step);
            }
        }
    }

    private static boolean isWhole(Path file) {
        try {
            return Files.readString(file).equals(TEXT);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aFoundCopyIsMadeDurableBeforeItCounts() throws IOException {
        Path maildir = maildir("durable");
        int operations = operationsOfAWholeDelivery();
        deliver(StoppingDisk.after(operations - 1), maildir);
        StoppingDisk second = new StoppingDisk(number -> true);
        assertThat(deliver(second, maildir)).isInstanceOf(Outcome.Failed.class);
        assertThat(second.operations()).isEqualTo(1);
    }
}
