package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import org.postern.file.Disk;
import org.postern.file.DiskImage;
import org.postern.file.PowerCut;
import org.postern.file.TestingDisk;

/**
 * The power is cut after every single file operation of submitting, taking, delivering, deferring, bouncing, marking,
 * removing and recovering. Then disks are made as the cut may leave them, and a machine started on each: it must bring
 * everything that was accepted to its end. {@code dev/crash} does the same for as long as one likes (docs/crash-tests.md).
 */
class SenderCrashTest {
    /** So many different runs. */
    private static final int ROUNDS = Integer.getInteger("crash.rounds", 1);
    /** So many disks are looked at for each step of a run. */
    private static final int DISKS = Integer.getInteger("crash.disks", 1);

    private static final long SEED = Long.getLong("crash.seed", 1);

    /** In memory: what reaches a disk is what the record says. */
    static final class InMemory implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
                throws IOException {
            return Files.createTempDirectory(Path.of("/dev/shm"), "postern-crash");
        }
    }

    @TempDir(factory = InMemory.class)
    private Path scratch;

    private final Set<String> seen = new HashSet<>();
    private int disks;

    @BeforeEach
    void letUsersIn() throws IOException {
        TestingMachine.open(scratch);
    }

    @Test
    void aCutAnywhereInARun() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(SEED + round);
            Path base = TestingMachine.make(scratch.resolve("run" + round));
            TestingDisk disk = new TestingDisk().knowing(base);
            run(base, disk, Long.MAX_VALUE);
            cutEverywhere(base, disk, 0, random);
            delete(base);
        }
        assertThat(disks).isGreaterThan(200 * ROUNDS);
    }

    /** What waits gets files while others come and go; with patience all of it would lie in the log until the stop. */
    @Test
    void aCutWhileTheLogMovesToFiles() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(SEED + round);
            Path base = TestingMachine.make(scratch.resolve("moving" + round));
            TestingDisk disk = new TestingDisk().knowing(base);
            try (TestingMachine machine =
                    new TestingMachine(base, disk, false, disk::note, Duration.ofMillis(random.nextInt(5)))) {
                machine.submit(machine.inProcess(), CrashMessage.THREE);
                machine.submit(machine.inProcess(), CrashMessage.FOUR);
                machine.submit(machine.inProcess(), CrashMessage.SIX);
                machine.submit(machine.inProcess(), CrashMessage.SEVEN);
                machine.await(1, () -> false);
                machine.awaitFiles(1);
            }
            restart(base, disk, disk::note);
            cutEverywhere(base, disk, 0, random);
            delete(base);
        }
    }

    /** A later sync of the same file may say that all is well: what the first one was for is lost all the same. */
    @Test
    void aCutAfterASyncThatFailed() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(SEED + round);
            Path base = TestingMachine.make(scratch.resolve("failed" + round));
            TestingDisk disk = new TestingDisk().knowing(base);
            int failing = 1 + random.nextInt(30);
            AtomicInteger syncs = new AtomicInteger();
            disk.fault((operation, file) -> operation.equals("sync") && syncs.incrementAndGet() == failing
                    ? new IOException("Input/output error")
                    : null);
            run(base, disk);
            cutEverywhere(base, disk, 0, random);
            delete(base);
        }
    }

    private static void run(Path base, TestingDisk disk) throws IOException {
        TestingMachine machine = null;
        while (machine == null) {
            try {
                machine = new TestingMachine(base, disk, true, disk::note, Duration.ofMillis(1));
            } catch (IOException e) {
                // A queue that cannot be made is not opened.
                assertThat(e).hasMessage("Input/output error");
            }
        }
        try (TestingMachine running = machine) {
            running.submit(running.inProcess(), CrashMessage.THREE);
            running.submit(running.drop(), CrashMessage.TWO);
            running.submit(running.inProcess(), CrashMessage.FOUR);
            running.submit(running.inProcess(), CrashMessage.SIX);
            running.submit(running.inProcess(), CrashMessage.FIVE);
            running.await(0, () -> false);
        }
    }

    /** What the first process did not sync is in memory; the second one takes it for what is there, until the power goes. */
    @Test
    void aKillAndLaterACut() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(SEED + round);
            Path base = TestingMachine.make(scratch.resolve("killed" + round));
            TestingDisk disk = new TestingDisk().knowing(base);
            run(base, disk, 15 + random.nextInt(140));
            disk.resume();
            int killed = new PowerCut(disk).skipTo(Integer.MAX_VALUE).step();
            restart(base, disk, disk::note);
            cutEverywhere(base, disk, killed, random);
            delete(base);
        }
    }

    /** A second cut while the machine recovers from the first. */
    @Test
    void aCutWhileItRecovers() throws IOException {
        for (int round = 0; round < ROUNDS; round++) {
            Random random = new Random(SEED + round);
            Path base = TestingMachine.make(scratch.resolve("first" + round));
            TestingDisk disk = new TestingDisk().knowing(base);
            run(base, disk, Long.MAX_VALUE);
            PowerCut cut = new PowerCut(disk);
            cut.skipTo(cut.step() + random.nextInt(150));
            List<DiskImage> images = cut.disks(base, 20, random);
            Path second = scratch.resolve("second" + round);
            images.get(random.nextInt(images.size())).writeTo(second);
            TestingDisk recovering = new TestingDisk().knowing(second);
            cut.notes().forEach(recovering::note);
            int begin = new PowerCut(recovering).skipTo(Integer.MAX_VALUE).step();
            restart(second, recovering, recovering::note);
            cutEverywhere(second, recovering, begin, random);
            delete(base);
            delete(second);
        }
    }

    /** A machine runs, from the making of the queue to its second clean stop, or to where it is stopped. */
    private static void run(Path base, TestingDisk disk, long stop) {
        disk.stoppingAt(stop);
        try (TestingMachine machine = new TestingMachine(base, disk, false, disk::note)) {
            machine.submit(machine.drop(), CrashMessage.ONE);
            machine.submit(machine.inProcess(), CrashMessage.THREE);
            machine.submit(machine.drop(), CrashMessage.TWO);
            machine.submit(machine.inProcess(), CrashMessage.FOUR);
            machine.submit(machine.drop(), CrashMessage.SIX);
            machine.await(1, disk::isOff);
        } catch (IOException e) {
            assertThat(disk.isOff()).as("unexpected: %s", e).isTrue();
            return;
        }
        // A clean stop, at which what is in the log gets files, and a start.
        try (TestingMachine machine = new TestingMachine(base, disk, true, disk::note)) {
            machine.submit(machine.inProcess(), CrashMessage.FIVE);
            machine.submit(machine.drop(), CrashMessage.SEVEN);
            machine.await(0, disk::isOff);
        } catch (IOException e) {
            assertThat(disk.isOff()).as("unexpected: %s", e).isTrue();
        }
    }

    private void cutEverywhere(Path base, TestingDisk disk, int from, Random random) throws IOException {
        PowerCut cut = new PowerCut(disk).skipTo(from);
        while (cut.next()) {
            List<DiskImage> images = new ArrayList<>(cut.disks(base, DISKS, random));
            Collections.shuffle(images, random);
            for (DiskImage image : images.subList(0, Math.min(DISKS, images.size()))) {
                restartOn(image, cut);
            }
        }
    }

    private void restartOn(DiskImage image, PowerCut cut) throws IOException {
        if (!seen.add(image.digest() + cut.notes())) {
            return;
        }
        Path after = scratch.resolve("after" + disks++);
        image.writeTo(after);
        String when = cut.history() + "left:\n" + image.digest();
        List<Object> world = Collections.synchronizedList(new ArrayList<>(cut.notes()));
        List<String> done = Survey.doneRemotely(after);
        Survey survey = new Survey(after, world, when);
        try {
            restart(after, new TestingDisk(), world::add); // Whose syncs cost nothing.
            survey.check(done);
        } catch (AssertionError | IOException e) {
            throw new AssertionError(when, e);
        }
        delete(after);
    }

    private static void restart(Path base, Disk disk, java.util.function.Consumer<Object> world) throws IOException {
        try (TestingMachine machine = new TestingMachine(base, disk, true, world)) {
            machine.await(0, () -> false);
        }
    }

    @AfterEach
    void say() {
        System.out.println("crash: " + disks + " disks left by power cuts");
    }

    static void delete(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            all.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
        }
    }
}
