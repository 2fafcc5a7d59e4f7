package org.postern.queue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postern.mail.Envelope;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.Spawn;

/**
 * Another qmail-queue, started for each message: the program that QMAILQUEUE names. It reads the message from its
 * descriptor 0 and then the envelope from 1 (qmail-queue(8)); its 2 is ours; its exit code is the outcome. A message
 * that is given up is one whose envelope is empty, which qmail-queue does not queue.
 *
 * @param program the file, an octet string; a relative one is taken from the directory
 * @param env {@code NAME=value} octet strings
 * @param directory its working directory
 * @param identity whose rights it has
 * @param patience how long it may take no input, and how long it may work when it has all; then it is killed
 */
public record ForeignQueue(String program, List<String> env, Path directory, Identity identity, Duration patience)
        implements Intake {
    /** Exit codes that qmail's own qmail_open() and qmail_close() use. */
    private static final int TIMEOUT = 52;

    private static final int READ_ERROR = 54;
    private static final int NO_DIRECTORY = 61;
    private static final int CANNOT_EXEC = 120;

    private static final int SIGKILL = 9;

    public ForeignQueue {
        env = List.copyOf(env);
    }

    /** What cannot be run is told by the commit, as in the original, where the child that fails is already there. */
    @Override
    public Draft begin() throws IOException {
        if (!Files.isDirectory(directory)) {
            return new Refusing(NO_DIRECTORY);
        }
        Pipe message = Pipe.open();
        try {
            Pipe envelope = Pipe.open();
            try {
                return start(message, envelope);
            } catch (IOException e) {
                closeQuietly(envelope.sink());
                throw e;
            }
        } catch (OsException e) {
            closeQuietly(message.sink());
            if (e.errno() == Errno.EAGAIN.number() || e.errno() == Errno.ENOMEM.number()) {
                throw e; // no process to be had: qmail's fork fails
            }
            return new Refusing(CANNOT_EXEC);
        } catch (IOException e) {
            closeQuietly(message.source());
            closeQuietly(message.sink());
            throw e;
        }
    }

    private Draft start(Pipe message, Pipe envelope) throws IOException {
        try (Pipe.SourceChannel messageEnd = message.source();
                Pipe.SourceChannel envelopeEnd = envelope.source()) {
            boolean other = isNotOurs(identity);
            int pid = Spawn.start(new Spawn.Child(
                    other ? forSetpriv() : program,
                    List.of(program),
                    env,
                    Octets.of(directory),
                    List.of(Descriptor.of(messageEnd), Descriptor.of(envelopeEnd), 2),
                    other ? identity : null));
            return new Running(pid, message.sink(), envelope.sink(), Spawn.waitFor(pid), patience);
        }
    }

    /** setpriv would search PATH for a bare name, and hide why exec failed in an exit code of its own. */
    private String forSetpriv() throws OsException {
        Path file = directory.resolve(Octets.path(program));
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) {
            throw new OsException("exec", Errno.ENOENT.number());
        }
        return Octets.of(file.toAbsolutePath());
    }

    private static boolean isNotOurs(Identity identity) throws IOException {
        Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid", LinkOption.NOFOLLOW_LINKS);
        return !uid.equals(identity.uid());
    }

    private static void closeQuietly(Closeable pipe) {
        try {
            pipe.close();
        } catch (IOException e) {
            // A pipe holds nothing that could get lost by this.
            return;
        }
    }

    /** A program that could not be started: reads all, and says so at the end. */
    private record Refusing(int exit) implements Draft {
        @Override
        public void write(byte[] from, int offset, int length) {}

        @Override
        public Outcome commit(Envelope envelope) {
            return new Outcome.Refused(exit);
        }

        @Override
        public void close() {}
    }

    private static final class Running implements Draft {
        private final int pid;
        private final Pipe.SinkChannel message;
        private final Pipe.SinkChannel envelope;
        private final CompletableFuture<Integer> status;
        private final Duration patience;
        private volatile boolean killed;
        private @Nullable IOException failure;

        Running(
                int pid,
                Pipe.SinkChannel message,
                Pipe.SinkChannel envelope,
                CompletableFuture<Integer> status,
                Duration patience) {
            this.pid = pid;
            this.message = message;
            this.envelope = envelope;
            this.status = status;
            this.patience = patience;
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            write(message, ByteBuffer.wrap(from, offset, length));
        }

        /** A program that has exited without reading gives a broken pipe here. Its exit code says why. */
        private void write(Pipe.SinkChannel pipe, ByteBuffer octets) {
            if (failure != null) {
                return;
            }
            CompletableFuture<Void> written = new CompletableFuture<>();
            killWithout(written);
            try {
                while (octets.hasRemaining()) {
                    pipe.write(octets);
                }
            } catch (IOException e) {
                failure = e;
            } finally {
                written.complete(null);
            }
        }

        @Override
        public Outcome commit(Envelope envelopeOfMessage) {
            closeQuietly(message);
            write(envelope, ByteBuffer.wrap(Octets.bytes(wire(envelopeOfMessage))));
            closeQuietly(envelope);
            return outcome();
        }

        private static String wire(Envelope envelope) {
            StringBuilder wire =
                    new StringBuilder("F").append(envelope.sender()).append('\0');
            envelope.recipients().forEach(to -> wire.append('T').append(to).append('\0'));
            return wire.append('\0').toString();
        }

        private Outcome outcome() {
            killWithout(status);
            int ended;
            try {
                ended = status.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                kill();
                return new Outcome.Refused(TIMEOUT);
            } catch (ExecutionException e) {
                return new Outcome.Refused(-SIGKILL); // waitpid failed, so what became of it is unknown
            }
            if (killed) {
                return new Outcome.Refused(TIMEOUT);
            }
            int signal = ended & 0x7f;
            int exit = ended >> 8 & 0xff;
            if (signal != 0) {
                return new Outcome.Refused(-signal);
            }
            if (exit == 0) {
                return failure == null ? new Outcome.Queued(pid) : new Outcome.Refused(READ_ERROR);
            }
            return new Outcome.Refused(exit);
        }

        /** Ends the program when what is waited for does not come in time. */
        private void killWithout(CompletableFuture<?> awaited) {
            CompletableFuture<Object> timer = new CompletableFuture<>();
            timer.orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS).exceptionally(late -> {
                kill();
                return Optional.empty();
            });
            CompletableFuture<?> _ = awaited.whenComplete((value, problem) -> timer.complete(Optional.empty()));
        }

        /** The pipes are closed too: a child of the program's may still hold their other ends. */
        private void kill() {
            killed = true;
            try {
                if (!status.isDone()) {
                    Spawn.kill(pid, SIGKILL);
                }
            } catch (OsException e) {
                // It has ended in the meantime.
                killed = true;
            }
            closeQuietly(message);
            closeQuietly(envelope);
        }

        /** Without a commit the envelope is empty. Nobody waits for the program, but not for ever. */
        @Override
        public void close() {
            closeQuietly(message);
            closeQuietly(envelope);
            killWithout(status);
        }
    }
}
