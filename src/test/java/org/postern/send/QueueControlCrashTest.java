package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.DiskImage;
import org.postern.file.PowerCut;
import org.postern.file.TestingDisk;
import org.postern.queue.Selection;

/**
 * The power is cut at every file operation of {@code postern queue hold}, {@code release} and {@code drop}, for messages in
 * the log and in files. What the administrator was told is done is done after a restart; what he has not begun is not.
 */
class QueueControlCrashTest {
    private static final int DISKS = Integer.getInteger("crash.disks", 2);
    private static final long SEED = Long.getLong("crash.seed", 1);
    private static final List<CrashMessage> ALL =
            List.of(CrashMessage.HELD, CrashMessage.RELEASED, CrashMessage.DROPPED);

    @TempDir(factory = SenderCrashTest.InMemory.class)
    private Path scratch;

    private int disks;

    /** Noted when it is begun, and when the administrator has his answer. */
    private record Ordered(String what, boolean done) {}

    /** What the administrator does. */
    @FunctionalInterface
    private interface Order {
        void give() throws IOException;
    }

    @BeforeEach
    void letUsersIn() throws IOException {
        TestingMachine.open(scratch);
    }

    @Test
    void inTheLog() throws IOException {
        cuts(Duration.ofHours(1));
    }

    @Test
    void inFiles() throws IOException {
        cuts(Duration.ofMillis(1));
    }

    private void cuts(Duration patience) throws IOException {
        Path base = TestingMachine.make(scratch.resolve("run"));
        TestingDisk disk = new TestingDisk().knowing(base);
        int begin;
        try (TestingMachine machine = new TestingMachine(base, disk, false, disk::note, patience)) {
            for (CrashMessage message : ALL) {
                machine.submit(machine.inProcess(), message);
            }
            machine.awaitDeferred(ALL.size());
            if (patience.toMinutes() == 0) {
                machine.awaitFiles(ALL.size());
            }
            begin = new PowerCut(disk).skipTo(Integer.MAX_VALUE).step();
            QueueControl control = machine.sender.sender.control();
            order(disk, "hold", () -> control.hold(from(CrashMessage.HELD, CrashMessage.RELEASED)));
            order(disk, "release", () -> control.release(from(CrashMessage.RELEASED)));
            order(disk, "drop", () -> control.drop(from(CrashMessage.DROPPED), false));
            machine.awaitDeferred(ALL.size() + 1);
        }
        Random random = new Random(SEED);
        Set<String> seen = new HashSet<>();
        PowerCut cut = new PowerCut(disk).skipTo(begin - 1);
        while (cut.next()) {
            List<DiskImage> images = new ArrayList<>(cut.disks(base, DISKS, random));
            Collections.shuffle(images, random);
            for (DiskImage image : images.subList(0, Math.min(DISKS, images.size()))) {
                if (seen.add(image.digest() + cut.notes())) {
                    restart(image, cut);
                }
            }
        }
        assertThat(disks).isGreaterThan(20);
    }

    private static void order(TestingDisk disk, String what, Order order) throws IOException {
        disk.note(new Ordered(what, false));
        order.give();
        disk.note(new Ordered(what, true));
    }

    private static Selection from(CrashMessage... messages) {
        List<String> senders =
                List.of(messages).stream().map(CrashMessage::sender).toList();
        return Selection.of(List.of(), senders, List.of(), List.of());
    }

    private void restart(DiskImage image, PowerCut cut) throws IOException {
        Path after = scratch.resolve("after" + disks++);
        image.writeTo(after);
        String when = cut.history() + "left:\n" + image.digest();
        List<Object> world = Collections.synchronizedList(new ArrayList<>(cut.notes()));
        boolean dropping = world.contains(new Ordered("drop", false));
        boolean dropped = world.contains(new Ordered("drop", true));
        try (TestingMachine machine = new TestingMachine(after, new TestingDisk(), true, world::add)) {
            QueueControl control = machine.sender.sender.control();
            Awaitility.await().pollInterval(Duration.ofMillis(1)).untilAsserted(() -> {
                machine.retry();
                control.list(
                        Selection.ALL,
                        (message, state, report) -> assertThat(state).isInstanceOf(QueueControl.State.Held.class));
            });
            List<String> held = new ArrayList<>();
            control.list(Selection.ALL, (message, state, report) -> held.add(message.sender()));
            assertThat(List.of(CrashMessage.HELD.sender(), CrashMessage.RELEASED.sender()))
                    .as(when)
                    .containsAll(held);
            if (world.contains(new Ordered("hold", true))) {
                assertThat(held).as(when).contains(CrashMessage.HELD.sender());
            }
            if (!world.contains(new Ordered("hold", false)) || world.contains(new Ordered("release", true))) {
                assertThat(held).as(when).doesNotContain(CrashMessage.RELEASED.sender());
            }
            control.release(Selection.ALL);
            machine.await(0, () -> false);
        }
        if (dropping) {
            world.remove(new TestingMachine.Accepted(CrashMessage.DROPPED.name()));
        }
        new Survey(after, world, when).check(List.of());
        if (dropped) {
            assertThat(TestingMachine.maildir(after, "late"))
                    .as(when)
                    .noneMatch(text -> text.contains(CrashMessage.DROPPED.subject()));
        }
        SenderCrashTest.delete(after);
    }
}
