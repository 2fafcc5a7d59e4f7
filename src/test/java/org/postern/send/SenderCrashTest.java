package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.postern.queue.TestingQueue.submit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.config.SendSettings;
import org.postern.file.Disk;
import org.postern.file.TestingDisk;
import org.postern.mail.Delivery;
import org.postern.mail.DeliveryResult;
import org.postern.queue.Intake;
import org.postern.queue.Origin;
import org.postern.queue.TestingQueue;

/**
 * The power is cut at every single file operation of submitting, taking, delivering, deferring, bouncing and removing.
 * Then the disk is made as the cut may leave it, and a sender started on it.
 */
class SenderCrashTest {
    private static final SendSettings SETTINGS = SendSettings.defaults("here.example");

    @TempDir
    private Path scratch;

    /** What the world outside the queue has, which no crash takes back. */
    private static final class World {
        final TestingDeliverer local = new TestingDeliverer(World::answerLocal);
        final TestingDeliverer remote = TestingDeliverer.accepting("ok\n");
        final List<String> accepted = new ArrayList<>();
        private static volatile boolean allowLate;

        private static DeliveryResult answerLocal(Delivery d) {
            return switch (d.recipient()) {
                case "nosuch@here.example" -> new DeliveryResult.Bounced("no mailbox (#5.1.1)\n");
                case "late@here.example" ->
                    allowLate ? new DeliveryResult.Delivered("ok\n") : new DeliveryResult.Deferred("later\n");
                default -> new DeliveryResult.Delivered("ok\n");
            };
        }
    }

    @Test
    void nothingIsLostNothingIsHalfNothingLocalComesTwice() throws IOException {
        long operations = Long.MAX_VALUE;
        long cuts = 0;
        for (long cut = 1; cut <= operations; cut++) {
            World world = new World();
            TestingDisk disk = new TestingDisk().cuttingPowerAt(cut);
            Path root = scratch.resolve("run" + cut);
            Files.createDirectories(root.getParent());
            runUntilTheCut(root, disk, world);
            if (!disk.isOff()) {
                operations = cut;
            }
            cuts++;
            for (TestingDisk.Left left : TestingDisk.Left.values()) {
                World copy = new World();
                copy.local.copies.addAll(world.local.copies);
                copy.local.know(world.local);
                copy.remote.copies.addAll(world.remote.copies);
                copy.remote.know(world.remote);
                Path after = scratch.resolve("after" + cut + left);
                disk.materialise(root, after, left, new Random(cut));
                restart(after, copy);
                check(world.accepted, copy, "cut at " + cut + " of " + disk.operations() + ", left " + left);
                delete(after);
            }
            delete(root);
        }
        // Submit three, take two, mark, bounce, remove: were it less, the test would not test what it says.
        assertThat(cuts).isGreaterThan(60);
    }

    private static void runUntilTheCut(Path root, TestingDisk disk, World world) {
        World.allowLate = false;
        TestingQueue files = new TestingQueue(root, disk);
        TestingSender sender;
        try {
            sender = new TestingSender(files, SETTINGS, world.local, world.remote);
        } catch (IOException e) {
            return; // The power went while the queue was made or opened.
        }
        try (sender) {
            message(world, files.drop(), "one", "sender@here.example", "a@here.example");
            message(
                    world,
                    files.drop(),
                    "two",
                    "sender@here.example",
                    "b@here.example",
                    "nosuch@here.example",
                    "x@far.example");
            message(
                    world,
                    sender.queue.intake(Origin.NETWORK),
                    "three",
                    "sender@here.example",
                    "late@here.example",
                    "c@here.example");
            settle(sender, disk, 5);
            World.allowLate = true;
            settle(sender, disk, 0);
        } catch (IOException e) {
            assertThat(disk.isOff()).as("unexpected: %s", e).isTrue();
        }
    }

    /** Until all is tried, or the power is gone. */
    private static void settle(TestingSender sender, TestingDisk disk, int deliveries) {
        Awaitility.await()
                .pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(20))
                .until(() -> {
                    if (deliveries == 0) {
                        sender.sender.retryAll();
                    }
                    return disk.isOff()
                            || (deliveries == 0
                                    ? sender.files.messages().isEmpty()
                                            && sender.files.names("drop").isEmpty()
                                    : sender.log().stream().anyMatch(l -> l.contains("deferral: later"))
                                            && sender.files.messages().size() == 1);
                });
    }

    private static void message(World world, Intake intake, String name, String from, String... to) throws IOException {
        String text = "Subject: " + name + "\n\n" + (name + "\n").repeat(3000);
        if (submit(intake, text, from, to) instanceof Intake.Outcome.Queued) {
            world.accepted.add(name);
        }
    }

    private static void restart(Path root, World world) throws IOException {
        World.allowLate = true;
        TestingQueue files = new TestingQueue(root, Disk.real());
        files.clock.advance(Duration.ofSeconds(60));
        try (TestingSender sender = new TestingSender(files, SETTINGS, world.local, world.remote)) {
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(1))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> {
                        sender.sender.retryAll();
                        return files.messages().isEmpty()
                                && files.names("drop").stream().allMatch(n -> n.startsWith("."));
                    });
        }
        assertThat(files.names("marks")).isEmpty();
        assertThat(files.names("bad")).isEmpty();
    }

    private static void check(List<String> accepted, World world, String when) {
        for (String name : accepted) {
            switch (name) {
                case "one" -> exactlyOne(world, name, "a@here.example", when);
                case "two" -> {
                    exactlyOne(world, name, "b@here.example", when);
                    assertThat(copies(world.remote, name, "x@far.example"))
                            .as(when)
                            .isNotEmpty();
                    assertThat(world.local.copies.stream()
                                    .filter(c -> c.recipient().equals("sender@here.example")))
                            .as("bounces, %s", when)
                            .hasSize(1);
                }
                default -> {
                    exactlyOne(world, name, "late@here.example", when);
                    exactlyOne(world, name, "c@here.example", when);
                }
            }
        }
        for (TestingDeliverer.Copy copy : world.local.copies) {
            assertThat(copy.text())
                    .as("whole, %s", when)
                    .satisfiesAnyOf(
                            t -> assertThat(t).endsWith("one\n".repeat(3000)),
                            t -> assertThat(t).endsWith("two\n".repeat(3000)),
                            t -> assertThat(t).endsWith("three\n".repeat(3000)),
                            t -> assertThat(t)
                                    .contains("Hi. This is the qmail-send program")
                                    .endsWith("--\n"));
        }
    }

    private static void exactlyOne(World world, String name, String recipient, String when) {
        assertThat(copies(world.local, name, recipient))
                .as("%s to %s, %s", name, recipient, when)
                .hasSize(1);
    }

    private static List<TestingDeliverer.Copy> copies(TestingDeliverer deliverer, String name, String recipient) {
        return deliverer.copies.stream()
                .filter(c -> c.recipient().equals(recipient) && c.text().contains("Subject: " + name + "\n"))
                .toList();
    }

    private static void delete(Path root) throws IOException {
        if (Files.exists(root)) {
            try (var all = Files.walk(root)) {
                all.sorted(java.util.Comparator.reverseOrder())
                        .forEach(f -> f.toFile().delete());
            }
        }
    }
}
