package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.MultipleFailuresError;
import org.postern.file.TestingDisk;
import org.postern.file.TestingFault;
import org.postern.file.TestingFault.Error;
import org.postern.queue.DropIntake;
import org.postern.queue.Intake;
import org.postern.queue.Intake.Outcome;
import org.postern.queue.SubmissionServer;

/**
 * A disk that is full, read-only or broken, or a process that may open no more files, at every single file operation of
 * a machine that accepts (through the log, as a file, through the socket and the drop), delivers, defers, bounces, moves
 * the log to files and recovers; once, or from there on until it is healed. Nothing is answered 250 and lost, and
 * all goes on by itself. {@code dev/crash --faults} does each operation with each error (docs/crash-tests.md).
 */
class SenderFaultTest {
    /** Each operation with each error and each end; otherwise some operations with one of them. */
    private static final boolean ALL = Boolean.getBoolean("faults.all");

    private static final int STRIDE = 3;
    private static final int SEED = Integer.getInteger("faults.seed", 0);
    private static final int MOST_FAILURES = 3;
    private static final int LAST = 40;
    private static final Duration PATIENCE = Duration.ofMillis(3);

    /** How it ends. */
    enum End {
        /** The disk is well again. */
        HEALED,
        /** The process is stopped, while the disk is as it is, and started on one that is well. */
        STOPPED,
        /** The same with a kill. */
        KILLED
    }

    private record Case(Error error, int operation, boolean once, End end) {}

    @TempDir(factory = SenderCrashTest.InMemory.class)
    private Path scratch;

    private int cases;
    private int hits;
    /** Of the last run, until the end of the trouble. */
    private List<String> operations = List.of();

    private final List<AssertionError> failures = new ArrayList<>();

    @BeforeEach
    void letUsersIn() throws IOException {
        TestingMachine.open(scratch);
    }

    @Test
    void anErrorAnywhere() throws IOException {
        Map<Error, Integer> reached = new EnumMap<>(Error.class);
        int number = SEED / STRIDE;
        List<String> operations = operations();
        for (int i = 0; i < operations.size(); i++) {
            String operation = operations.get(i);
            List<Case> possible = new ArrayList<>();
            for (Error error : Error.values()) {
                if (error.concerns(operation)) {
                    int at = reached.merge(error, 1, Integer::sum);
                    for (End end : End.values()) {
                        possible.add(new Case(error, at, true, end));
                        possible.add(new Case(error, at, false, end));
                    }
                }
            }
            if (!ALL && i % STRIDE == SEED % STRIDE) {
                possible = List.of(possible.get(number % possible.size()));
                number += 7; // It has no divisor in common with 12, 18, 24 and 30: each has its turn.
            } else if (!ALL) {
                possible = List.of();
            }
            for (Case one : possible) {
                if (failures.size() < MOST_FAILURES) {
                    run(one);
                }
            }
        }
        if (!failures.isEmpty()) {
            throw new MultipleFailuresError("", failures);
        }
        assertThat(hits).isGreaterThan(50);
    }

    /** What a machine does that nothing happens to. */
    private List<String> operations() throws IOException {
        run(new Case(Error.FULL, Integer.MAX_VALUE, true, End.HEALED));
        return operations;
    }

    @AfterEach
    void say() {
        System.out.println("faults: " + hits + " of " + cases + " runs had one");
    }

    private void run(Case one) throws IOException {
        Path base = TestingMachine.make(scratch.resolve("case" + cases++));
        TestingDisk disk = new TestingDisk();
        TestingFault failing = new TestingFault(one.error, one.operation, one.once);
        disk.fault(failing);
        List<Object> world = Collections.synchronizedList(new ArrayList<>());
        try {
            TestingMachine machine = null;
            try {
                machine = new TestingMachine(base, disk, true, world::add, PATIENCE);
            } catch (IOException e) {
                assertThat(failing.failed()).as("%s", e).isPositive();
            }
            if (machine != null) {
                live(machine, one, disk, failing, world);
            }
            failing.heal();
            disk.resume();
            if (machine == null || one.end != End.HEALED) {
                try (TestingMachine next = new TestingMachine(base, disk, true, world::add, PATIENCE)) {
                    later(next);
                }
            }
            Survey survey = new Survey(base, world, one.toString());
            (machine == null || one.end != End.HEALED ? survey : survey.strictly()).check(List.of());
        } catch (AssertionError | IOException | RuntimeException e) {
            List<String> done = disk.operations();
            String last = String.join("\n", done.subList(Math.max(0, done.size() - LAST), done.size()));
            failures.add(new AssertionError(one + ": " + e.getMessage() + "\nthe last operations:\n" + last, e));
        }
        SenderCrashTest.delete(base);
        hits += failing.failed() > 0 ? 1 : 0;
    }

    private void live(TestingMachine machine, Case one, TestingDisk disk, TestingFault failing, List<Object> world)
            throws IOException {
        try (TestingMachine running = machine) {
            try (SubmissionServer server = running.serve()) {
                submit(running.drop(), CrashMessage.ONE, running, one, world);
                submit(running.inProcess(), CrashMessage.THREE, running, one, world);
                submit(running.inProcess(), CrashMessage.LARGE, running, one, world);
                submit(running.socket(), CrashMessage.SOCKET, running, one, world);
                submit(running.drop(), CrashMessage.TWO, running, one, world);
                submit(running.inProcess(), CrashMessage.FOUR, running, one, world);
                submit(running.socket(), CrashMessage.SIX, running, one, world);
                submit(running.inProcess(), CrashMessage.FIVE, running, one, world);
                running.await(0, () -> failing.failed() > (one.once ? 0 : 4));
            }
            operations = disk.operations();
            switch (one.end) {
                case HEALED -> {
                    failing.heal();
                    later(running);
                }
                case STOPPED -> {}
                case KILLED -> disk.stoppingAt(disk.operations().size() + 1);
            }
        }
    }

    private static void submit(
            Intake intake, CrashMessage message, TestingMachine machine, Case one, List<Object> world)
            throws IOException {
        if (machine.submit(intake, message) instanceof Outcome.Refused(int exit)) {
            if (!(intake instanceof DropIntake)) {
                world.add(new TestingMachine.Refused(message.name()));
            }
            assertThat(exit).as("%s, %s", message, one).isIn(one.error == Error.FILES ? Set.of(64, 66) : Set.of(53));
        }
    }

    /** New mail is taken at once, and all comes to its end. */
    private void later(TestingMachine machine) throws IOException {
        try (SubmissionServer server = machine.serve()) {
            assertThat(machine.submit(machine.inProcess(), CrashMessage.LATER)).isInstanceOf(Outcome.Queued.class);
            assertThat(machine.submit(machine.socket(), CrashMessage.LATER_SOCKET))
                    .isInstanceOf(Outcome.Queued.class);
            assertThat(machine.submit(machine.drop(), CrashMessage.LATER_DROP)).isInstanceOf(Outcome.Queued.class);
            machine.await(0, () -> false);
        }
    }
}
