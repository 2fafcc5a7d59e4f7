package org.postern.local;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Ended;
import org.postern.chain.Env;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.Spawn;
import org.postern.os.ThreadIdentity;

/**
 * A command of a .qmail file, run by /bin/sh as a real process with the user's rights: the message on 0, the report on
 * 1 and 2, the home its working directory.
 */
record Program(String command, Home home, Env env, Duration limit) {
    private static final int KILL = 9;

    /** How it went. */
    sealed interface Outcome {
        record Exited(int code) implements Outcome {}

        record Crashed() implements Outcome {}

        record CannotRun(OsException why) implements Outcome {}

        /** It was killed. */
        record TooLong() implements Outcome {}
    }

    Outcome run(SpooledMessage message, Report report) {
        int pid;
        CompletableFuture<Void> told = new CompletableFuture<>();
        try {
            pid = start(message, report, told);
        } catch (OsException e) {
            return new Outcome.CannotRun(e);
        }
        CompletableFuture<Integer> status = Spawn.waitFor(pid);
        try {
            // Both, as qmail-lspawn: what stays in the background with the report open is still at work.
            CompletableFuture.allOf(status, told).get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return switch (Ended.ofWaitStatus(status.get())) {
                case Ended.Exited exited -> new Outcome.Exited(exited.code());
                case Ended.Signalled _ -> new Outcome.Crashed();
            };
        } catch (TimeoutException e) {
            kill(pid, status);
            return new Outcome.TooLong();
        } catch (InterruptedException e) {
            kill(pid, status);
            Thread.currentThread().interrupt();
            return new Outcome.Crashed();
        } catch (ExecutionException e) {
            return new Outcome.CannotRun(
                    e.getCause() instanceof OsException os ? os : new OsException("wait", Errno.ECHILD.number()));
        }
    }

    private int start(SpooledMessage message, Report report, CompletableFuture<Void> told) throws OsException {
        int[] pipe = Descriptor.pipe();
        boolean reading = false;
        try {
            int input = message.open();
            try {
                int pid = Spawn.start(new Spawn.Child(
                        "/bin/sh",
                        // qmail-local's children have its umask; posix_spawn cannot set one.
                        List.of("/bin/sh", "-c", "umask 077;" + command),
                        env.entries(),
                        Octets.of(home.directory()),
                        List.of(input, pipe[1], pipe[1]),
                        identity()));
                reading = true;
                Thread.ofPlatform().daemon().name("report-" + pid).start(() -> read(pipe[0], report, told));
                return pid;
            } finally {
                Descriptor.close(input);
            }
        } finally {
            Descriptor.close(pipe[1]);
            if (!reading) {
                Descriptor.close(pipe[0]);
            }
        }
    }

    private @Nullable Identity identity() {
        return ThreadIdentity.changes(home.identity()) ? home.identity() : null;
    }

    private static void read(int pipe, Report report, CompletableFuture<Void> told) {
        byte[] buffer = new byte[4096];
        try {
            for (int n = Descriptor.read(pipe, buffer); n > 0; n = Descriptor.read(pipe, buffer)) {
                report.add(Arrays.copyOf(buffer, n), n);
            }
            told.complete(null);
        } catch (OsException e) {
            told.completeExceptionally(e);
        } finally {
            Descriptor.close(pipe);
        }
    }

    private static void kill(int pid, CompletableFuture<Integer> status) {
        if (!status.isDone()) {
            try {
                Spawn.kill(pid, KILL);
            } catch (OsException e) {
                // It has ended in this moment.
                return;
            }
        }
    }
}
