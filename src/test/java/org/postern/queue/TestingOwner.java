package org.postern.queue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.postern.file.Disk;

/** A process that owns a queue and serves its socket, until it is killed: {@code QUEUE}. */
public final class TestingOwner {
    private TestingOwner() {}

    public static void main(String[] args) throws IOException {
        QueueDirectory directory = new QueueDirectory(Path.of(args[0]));
        if (Queue.open(directory, Disk.real(), InstantSource.system(), Submitters.none(), System.err::println)
                        instanceof Queue.Opening.Ready(Queue queue)
                && SubmissionServer.start(queue, System.err::println) instanceof SubmissionServer server) {
            System.out.println("serving " + server.hashCode());
            while (System.in.read() >= 0) {
                // Until the test is over.
            }
        }
    }
}
