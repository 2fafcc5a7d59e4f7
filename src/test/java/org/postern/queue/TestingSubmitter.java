package org.postern.queue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.postern.file.Disk;

/** A process that hands messages in: {@code QUEUE NAME COUNT}. Prints how many were accepted. */
public final class TestingSubmitter {
    private TestingSubmitter() {}

    public static void main(String[] args) throws IOException {
        Intake drop = new DropIntake(
                new QueueDirectory(Path.of(args[0])), Disk.real(), InstantSource.system(), Origin.NETWORK);
        int accepted = 0;
        for (int i = 0; i < Integer.parseInt(args[2]); i++) {
            String text = "Subject: " + args[1] + " " + i + "\n\n" + "line\n".repeat(i);
            if (TestingQueue.submit(drop, text, "s@x", args[1] + i + "@hoge.example.com")
                    instanceof Intake.Outcome.Queued) {
                accepted++;
            }
        }
        System.out.println(accepted);
    }
}
