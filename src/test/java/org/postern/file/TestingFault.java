package org.postern.file;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A disk that is full, read-only or broken, or a process that may open no more files, from one operation on. */
public final class TestingFault implements TestingDisk.Fault {
    private static final Set<String> MAKING = Set.of("create", "write", "sync", "rename", "link", "mkdir");
    private static final Set<String> CHANGING =
            Set.of("create", "append", "write", "sync", "rename", "link", "unlink", "mkdir", "syncdir", "truncate");

    private static final Set<String> OF_OPEN_FILES = Set.of("write", "sync", "truncate");

    /** What the system says, and to which operations. */
    public enum Error {
        FULL("No space left on device", MAKING),
        QUOTA("Disk quota exceeded", MAKING),
        READ_ONLY("Read-only file system", CHANGING),
        BROKEN("Input/output error", CHANGING),
        FILES("Too many open files", Set.of("create", "append", "syncdir"));

        private final String words;
        private final Set<String> operations;

        Error(String words, Set<String> operations) {
            this.words = words;
            this.operations = operations;
        }

        /** @param operation as {@link TestingDisk#operations} names it */
        public boolean concerns(String operation) {
            int space = operation.indexOf(' ');
            return operations.contains(space < 0 ? operation : operation.substring(0, space));
        }

        /** What is taken back can be removed. */
        public boolean letsRemove() {
            return !operations.contains("unlink");
        }

        /** As Java says it. */
        private IOException of(String operation, Path file) {
            return OF_OPEN_FILES.contains(operation)
                    ? new IOException(words)
                    : new FileSystemException(file.toString(), null, words);
        }
    }

    private final Error error;
    private final int from;
    private final boolean once;
    private final AtomicInteger operations = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private volatile boolean healed;

    /**
     * Makes one.
     *
     * @param from which of the operations that the error concerns is the first to fail, from 1
     * @param once or all later ones as well, until it is healed
     */
    public TestingFault(Error error, int from, boolean once) {
        this.error = error;
        this.from = from;
        this.once = once;
    }

    public void heal() {
        healed = true;
    }

    /** How many operations it has not let pass. */
    public int failed() {
        return failed.get();
    }

    @Override
    public @Nullable IOException of(String operation, Path file) {
        if (healed || !error.concerns(operation)) {
            return null;
        }
        int number = operations.incrementAndGet();
        if (number < from || once && number > from) {
            return null;
        }
        failed.incrementAndGet();
        return error.of(operation, file);
    }
}
