package org.postern.queue;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.postern.chain.Ended;
import org.postern.mail.Envelope;
import org.postern.os.Descriptor;
import org.postern.os.Errno;
import org.postern.os.Identity;
import org.postern.os.Octets;
import org.postern.os.OsException;
import org.postern.os.Spawn;
import org.postern.os.ThisProcess;
import org.postern.os.Threads;

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
        Pipe message = pipe();
        try {
            Pipe envelope = pipe();
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

    /** The end that we write to does not wait, so that a program that reads nothing can be given up. */
    private static Pipe pipe() throws IOException {
        Pipe pipe = Pipe.open();
        pipe.sink().configureBlocking(false);
        return pipe;
    }

    private Draft start(Pipe message, Pipe envelope) throws IOException {
        try (Pipe.SourceChannel messageEnd = message.source();
                Pipe.SourceChannel envelopeEnd = envelope.source()) {
            boolean other = ThisProcess.identity().uid() != identity.uid();
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
        private boolean hung;
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
            try {
                while (failure == null && octets.hasRemaining()) {
                    if (pipe.write(octets) == 0 && !hasRoom(pipe)) {
                        kill();
                        throw new IOException("it takes no input");
                    }
                }
            } catch (IOException e) {
                failure = e;
            }
        }

        /** Waits for room in a full pipe. */
        private boolean hasRoom(Pipe.SinkChannel pipe) throws IOException {
            try (Selector selector = Selector.open()) {
                pipe.register(selector, SelectionKey.OP_WRITE);
                return selector.select(patience.toMillis()) > 0;
            }
        }

        @Override
        public Outcome commit(Envelope envelopeOfMessage) {
            closeQuietly(message);
            write(envelope, ByteBuffer.wrap(Octets.bytes(wire(envelopeOfMessage))));
            closeQuietly(envelope);
            return outcome(ended());
        }

        private static String wire(Envelope envelope) {
            StringBuilder wire =
                    new StringBuilder("F").append(envelope.sender()).append('\0');
            envelope.recipients().forEach(to -> wire.append('T').append(to).append('\0'));
            return wire.append('\0').toString();
        }

        private Outcome outcome(Ended ended) {
            if (hung) {
                return new Outcome.Refused(TIMEOUT);
            }
            return switch (ended) {
                case Ended.Signalled signalled -> new Outcome.Refused(-signalled.number());
                case Ended.Exited exited when exited.code() != 0 -> new Outcome.Refused(exited.code());
                case Ended.Exited exited -> failure == null ? new Outcome.Queued(pid) : new Outcome.Refused(READ_ERROR);
            };
        }

        /** Waits for the program's end, and makes one where it does not come in time. */
        private Ended ended() {
            try {
                return Ended.ofWaitStatus(status.get(patience.toMillis(), TimeUnit.MILLISECONDS));
            } catch (TimeoutException e) {
                kill();
                return Ended.ofWaitStatus(status.join());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                kill();
            } catch (ExecutionException e) {
                // waitpid failed: what became of the program is not known.
                kill();
            }
            return new Ended.Signalled(SIGKILL);
        }

        private void kill() {
            hung = true;
            try {
                if (!status.isDone()) {
                    Spawn.kill(pid, SIGKILL);
                }
            } catch (OsException e) {
                // It has ended in the meantime.
                return;
            }
        }

        /** Without a commit the envelope is empty, so nothing is queued. Only a thread of its own waits for the end. */
        @Override
        public void close() {
            closeQuietly(message);
            closeQuietly(envelope);
            if (!status.isDone()) {
                Threads.start("qq-" + pid, this::ended);
            }
        }
    }
}
