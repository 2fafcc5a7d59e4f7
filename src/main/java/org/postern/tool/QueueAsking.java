package org.postern.tool;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.postern.chain.Log;
import org.postern.control.Answer;
import org.postern.control.ControlClient;
import org.postern.control.QueueAnswers;
import org.postern.control.Request;
import org.postern.file.Disk;
import org.postern.os.Identity;
import org.postern.os.ThreadIdentity;
import org.postern.queue.Queue;
import org.postern.queue.QueueDirectory;
import org.postern.queue.QueueFiles;
import org.postern.queue.Submitters;
import org.postern.send.Resting;

/** Asks whoever holds a queue, or, where nobody does, does on the files what is asked. */
final class QueueAsking {
    private static final int BUFFER = 64 << 10;

    private QueueAsking() {}

    /** @return the exit code */
    static int ask(Path directory, Identity self, Request.OfQueue request) throws IOException {
        return ask(
                directory,
                self,
                request,
                new BufferedOutputStream(new Printed(System.out), BUFFER),
                System.err::println);
    }

    /** @param error takes lines */
    static int ask(Path directory, Identity self, Request.OfQueue request, OutputStream out, Consumer<String> error)
            throws IOException {
        OptionalInt answered = ControlClient.ask(directory, request, out, error);
        return answered.isPresent() ? answered.getAsInt() : rest(directory, self, request, new OfProcess(out, error));
    }

    private static int rest(Path directory, Identity self, Request.OfQueue request, OfProcess answer)
            throws IOException {
        int owner = (int) Files.getAttribute(directory, "unix:uid");
        if (!self.isRoot() && self.uid() != owner) {
            throw new IOException(directory + ": only root and the queue's owner may do this");
        }
        int group = (int) Files.getAttribute(directory, "unix:gid");
        QueueDirectory queue = new QueueDirectory(directory);
        QueueFiles files = new QueueFiles(queue);
        InstantSource clock = InstantSource.system();
        Log nobody = line -> {};
        QueueAnswers answers =
                new QueueAnswers(new Resting(files, () -> open(queue, clock), clock), clock, nobody, false);
        try {
            // Root makes no files that the owner could not touch afterwards.
            int code = ThreadIdentity.as(
                    owner == self.uid() ? self : new Identity(owner, group, List.of()),
                    () -> answers.answer(request, answer));
            answer.out.flush();
            return code;
        } catch (IOException | RuntimeException e) {
            answer.out.flush();
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static Queue open(QueueDirectory queue, InstantSource clock) throws IOException {
        return switch (Queue.open(queue, Disk.real(), clock, Submitters.none(), Log.standardError(false))) {
            case Queue.Opening.Ready ready -> ready.queue();
            case Queue.Opening.InUse used ->
                throw new IOException("the queue is in use"
                        + used.pid().map(pid -> " by process " + pid).orElse("")
                        + ", which has no control socket: it is starting or ending just now (try again), or is older"
                        + " than this Postern (restart it)");
        };
    }

    private record OfProcess(OutputStream out, Consumer<String> error) implements Answer {
        @Override
        public void error(String line) throws IOException {
            out.flush();
            error.accept(line);
        }
    }

    /** A PrintStream says nothing where its reader has gone: {@code postern queue list | head} must end. */
    private static final class Printed extends OutputStream {
        private final PrintStream out;

        Printed(PrintStream out) {
            this.out = out;
        }

        @Override
        public void write(int octet) throws IOException {
            write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] from, int offset, int length) throws IOException {
            out.write(from, offset, length);
            if (out.checkError()) {
                throw new IOException("unable to write to standard output");
            }
        }
    }
}
