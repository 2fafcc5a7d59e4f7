package org.postern.local;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.postern.mail.Envelope;
import org.postern.mail.MessageSource;
import org.postern.os.Octets;
import org.postern.queue.Intake;

/** Puts a message into the queue again, for others. */
final class Forwarding {
    private Forwarding() {}

    /** How it went. */
    sealed interface Outcome {
        record Queued(long id) implements Outcome {}

        record Refused(boolean forGood, String reason) implements Outcome {}
    }

    static Outcome forward(
            Intake queue, String deliveredTo, MessageSource message, String sender, List<String> recipients) {
        try (Intake.Draft draft = queue.begin()) {
            byte[] head = Octets.bytes(deliveredTo);
            draft.write(head, 0, head.length);
            try (InputStream in = message.open()) {
                byte[] buffer = new byte[64 * 1024];
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    draft.write(buffer, 0, n);
                }
            } catch (IOException e) {
                return new Outcome.Refused(false, "qq read error (#4.3.0)");
            }
            return switch (draft.commit(new Envelope(sender, recipients))) {
                case Intake.Outcome.Queued queued -> new Outcome.Queued(queued.id());
                case Intake.Outcome.Refused refused ->
                    new Outcome.Refused(isPermanent(refused.exit()), reason(refused.exit()));
            };
        } catch (IOException e) {
            return new Outcome.Refused(false, reason(120));
        }
    }

    private static boolean isPermanent(int exit) {
        return exit >= 11 && exit <= 40 || exit == 115;
    }

    /** What qmail-queue's exit code means (qmail-queue(8)), in the words of qmail.c. */
    private static String reason(int exit) {
        return switch (exit) {
            case 11, 115 -> "envelope address too long for qq (#5.1.3)";
            case 31 -> "mail server permanently rejected message (#5.3.0)";
            case 51 -> "qq out of memory (#4.3.0)";
            case 52 -> "qq timeout (#4.3.0)";
            case 53 -> "qq write error or disk full (#4.3.0)";
            case 54 -> "qq read error (#4.3.0)";
            case 55 -> "qq unable to read configuration (#4.3.0)";
            case 56 -> "qq trouble making network connection (#4.3.0)";
            case 61 -> "qq trouble in home directory (#4.3.0)";
            case 62, 63, 64, 65, 66 -> "qq trouble creating files in queue (#4.3.0)";
            case 71 -> "mail server temporarily rejected message (#4.3.0)";
            case 72 -> "connection to mail server timed out (#4.4.1)";
            case 73 -> "connection to mail server rejected (#4.4.1)";
            case 74 -> "communication with mail server failed (#4.4.2)";
            case 81, 91 -> "qq internal bug (#4.3.0)";
            case 120 -> "unable to exec qq (#4.3.0)";
            default -> isPermanent(exit) ? "qq permanent problem (#5.3.0)" : "qq temporary problem (#4.3.0)";
        };
    }
}
