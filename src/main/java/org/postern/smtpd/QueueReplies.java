package org.postern.smtpd;

/** What a client is told for qmail-queue's exit code: netqmail's qmail_close(), in one place. */
final class QueueReplies {
    private QueueReplies() {}

    /** @param exit see {@link org.postern.queue.Intake.Outcome.Refused}; negative: ended by a signal */
    static Reply of(int exit) {
        return switch (exit) {
            case 11, 115 -> permanent("5.1.3", "envelope address too long for qq");
            case 31 -> permanent("5.3.0", "mail server permanently rejected message");
            case 51 -> temporary("4.3.0", "qq out of memory");
            case 52 -> temporary("4.3.0", "qq timeout");
            case 53 -> temporary("4.3.0", "qq write error or disk full");
            case 54 -> temporary("4.3.0", "qq read error");
            case 55 -> temporary("4.3.0", "qq unable to read configuration");
            case 56 -> temporary("4.3.0", "qq trouble making network connection");
            case 61 -> temporary("4.3.0", "qq trouble in home directory");
            case 62, 63, 64, 65, 66 -> temporary("4.3.0", "qq trouble creating files in queue");
            case 71 -> temporary("4.3.0", "mail server temporarily rejected message");
            case 72 -> temporary("4.4.1", "connection to mail server timed out");
            case 73 -> temporary("4.4.1", "connection to mail server rejected");
            case 74 -> temporary("4.4.2", "communication with mail server failed");
            case 81, 91 -> temporary("4.3.0", "qq internal bug");
            case 120 -> temporary("4.3.0", "unable to exec qq");
            default -> {
                if (exit < 0) {
                    yield temporary("4.3.0", "qq crashed");
                }
                yield exit >= 11 && exit <= 40
                        ? permanent("5.3.0", "qq permanent problem")
                        : temporary("4.3.0", "qq temporary problem");
            }
        };
    }

    private static Reply permanent(String status, String text) {
        return new Reply(554, status, text);
    }

    private static Reply temporary(String status, String text) {
        return new Reply(451, status, text);
    }
}
