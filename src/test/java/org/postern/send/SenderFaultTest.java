package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postern.file.TestingDisk;
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
    /** Each so many'th operation is tried with one error in one way; 0: each with all errors in all ways. */
    private static final int STRIDE = Integer.getInteger("faults.stride", 3);

    private static final int SEED = Integer.getInteger("faults.seed", 0);
    private static final Duration PATIENCE = Duration.ofMillis(3);

    /** What the disk says, and what it says it to. */
    enum Error {
        FULL("No space left on device", Set.of("create", "write", "sync", "rename", "link", "mkdir")),
        QUOTA("Disk quota exceeded", Set.of("create", "write", "sync", "rename", "link", "mkdir")),
        READ_ONLY(
                "Read-only file system",
                Set.of(
                        "create", "append", "write", "sync", "rename", "link", "unlink", "mkdir", "syncdir",
                        "truncate")),
        BROKEN(
                "Input/output error",
                Set.of(
                        "create", "append", "write", "sync", "rename", "link", "unlink", "mkdir", "syncdir",
                        "truncate")),
        FILES("Too many open files", Set.of("create", "append", "syncdir"));

        private final String words;
        private final Set<String> operations;

        Error(String words, Set<String> operations) {
            this.words = words;
            this.operations = operations;
        }

        /** As Java says it. */
        IOException of(String operation, Path file) {
            boolean named = !Set.of("write", "sync", "truncate").contains(operation);
            return named ? new FileSystemException(file.toString(), null, words) : new IOException(words);
        }
    }

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

    @BeforeEach
    void letUsersIn() throws IOException {
        TestingMachine.open(scratch);
    }

    @Test
    void anErrorAnywhere() throws IOException {
        for (Error error : Error.values()) {
            boolean more = true;
            for (int operation = 1 + (SEED + error.ordinal()) % Math.max(1, STRIDE); more; ) {
                for (boolean once : new boolean[] {true, false}) {
                    for (End end : End.values()) {
                        if (STRIDE == 0 || (cases + SEED) % 1 == 0) {
                            more &= run(new Case(error, operation, once, end));
                        }
                    }
                }
                operation += Math.max(1, STRIDE);
            }
        }
    }

    @AfterEach
    void say() {
        System.out.println("faults: " + cases);
    }

    /** Counts what it does not let pass. */
    private static final class Failing implements TestingDisk.Fault {
        private final Case one;
        private final AtomicInteger operations = new AtomicInteger();
        private final AtomicInteger failed = new AtomicInteger();
        private volatile boolean healed;

        Failing(Case one) {
            this.one = one;
        }

        @Override
        public @Nullable IOException of(String operation, Path file) {
            if (healed || !one.error.operations.contains(operation)) {
                return null;
            }
            int number = operations.incrementAndGet();
            if (number < one.operation || one.once && number > one.operation) {
                return null;
            }
            failed.incrementAndGet();
            return one.error.of(operation, file);
        }
    }

    /** False where the machine does not do so many operations. */
    private boolean run(Case one) throws IOException {
        Path base = TestingMachine.make(scratch.resolve("case" + cases++));
        TestingDisk disk = new TestingDisk();
        Failing failing = new Failing(one);
        disk.fault(failing);
        List<Object> world = Collections.synchronizedList(new ArrayList<>());
        try {
            TestingMachine machine = null;
            try {
                machine = new TestingMachine(base, disk, true, world::add, PATIENCE);
            } catch (IOException e) {
                assertThat(failing.failed).as("%s", e).hasPositiveValue();
            }
            if (machine != null) {
                live(machine, one, disk, failing, world);
            }
            failing.healed = true;
            disk.resume();
            if (machine == null || one.end != End.HEALED) {
                try (TestingMachine next = new TestingMachine(base, disk, true, world::add, PATIENCE)) {
                    later(next);
                }
            }
            new Survey(base, world, one.toString()).check(List.of());
        } catch (AssertionError | IOException e) {
            throw new AssertionError(one + ": " + String.join("\n", disk.operations()), e);
        }
        SenderCrashTest.delete(base);
        return failing.failed.get() > 0;
    }

    private void live(TestingMachine machine, Case one, TestingDisk disk, Failing failing, List<Object> world)
            throws IOException {
        try (TestingMachine running = machine) {
            try (SubmissionServer server = running.serve()) {
                submit(running.drop(), CrashMessage.ONE, running, one);
                submit(running.inProcess(), CrashMessage.THREE, running, one);
                submit(running.inProcess(), CrashMessage.LARGE, running, one);
                submit(running.socket(), CrashMessage.SOCKET, running, one);
                submit(running.drop(), CrashMessage.TWO, running, one);
                submit(running.inProcess(), CrashMessage.FOUR, running, one);
                submit(running.socket(), CrashMessage.SIX, running, one);
                submit(running.inProcess(), CrashMessage.FIVE, running, one);
                running.await(0, () -> failing.failed.get() > (one.once ? 0 : 4));
            }
            switch (one.end) {
                case HEALED -> {
                    failing.healed = true;
                    later(running);
                }
                case STOPPED -> {}
                case KILLED -> disk.stoppingAt(disk.operations().size() + 1);
            }
        }
    }

    private void submit(Intake intake, CrashMessage message, TestingMachine machine, Case one) throws IOException {
        if (machine.submit(intake, message) instanceof Outcome.Refused(int exit)) {
            assertThat(exit)
                    .as("%s, %s", message, one)
                    .isIn(one.error == Error.FILES ? Set.of(64, 66) : Set.of(53));
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
