package org.postern.tool;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.postern.chain.Tool;
import org.postern.mail.Envelope;
import org.postern.os.Errno;
import org.postern.os.Octets;
import org.postern.queue.Intake;
import org.postern.queue.QueueWords;

/**
 * Puts the message on descriptor 0 into the queue again, DTLINE before it: forward and condredirect.
 *
 * @param name whose lines the log gets
 * @param senderVariable the environment variable with the sender
 * @param done the exit code where it is queued
 */
record Resubmission(String name, String senderVariable, int done) {
    private static final int PERMANENT = 100;
    private static final int TEMPORARY = 111;

    Tool.Exit submit(Tool.Invocation call, List<String> recipients) {
        Optional<String> sender = call.env().find(senderVariable);
        if (sender.isEmpty()) {
            return failed(call, PERMANENT, senderVariable + " not set");
        }
        Optional<String> deliveredTo = call.env().find("DTLINE");
        if (deliveredTo.isEmpty()) {
            return failed(call, PERMANENT, "DTLINE not set");
        }
        try (Intake.Draft draft = UserQueue.of(call).begin()) {
            byte[] head = Octets.bytes(deliveredTo.get());
            draft.write(head, 0, head.length);
            try (InputStream message = call.fds().input(0)) {
                UserQueue.copy(message, draft);
            } catch (IOException e) {
                return failed(call, TEMPORARY, "unable to read message: " + Errno.djbText(e));
            }
            return switch (draft.commit(new Envelope(sender.get(), recipients))) {
                case Intake.Outcome.Queued queued -> {
                    call.fds().log().line(name + ": qp " + queued.id());
                    yield Tool.Exit.code(done);
                }
                case Intake.Outcome.Refused refused -> {
                    QueueWords words = QueueWords.of(refused.exit());
                    yield failed(call, words.permanent() ? PERMANENT : TEMPORARY, words.toString());
                }
            };
        } catch (IOException e) {
            return failed(call, TEMPORARY, "unable to run qmail-queue: " + Errno.djbText(e));
        }
    }

    private Tool.Exit failed(Tool.Invocation call, int exit, String why) {
        call.fds().log().line(name + ": fatal: " + why);
        return Tool.Exit.code(exit);
    }
}
