package org.postern.queue;

/**
 * What qmail-queue's exit code means (qmail-queue(8)), in the words of netqmail's qmail_close().
 *
 * @param permanent whether another try is of no use
 * @param status as RFC 3463 has it
 */
public record QueueWords(boolean permanent, String text, String status) {
    /** @param exit see {@link Intake.Outcome.Refused}; negative: ended by a signal */
    public static QueueWords of(int exit) {
        return switch (exit) {
            case 11, 115 -> new QueueWords(true, "envelope address too long for qq", "5.1.3");
            case 31 -> new QueueWords(true, "mail server permanently rejected message", "5.3.0");
            case 51 -> temporary("qq out of memory", "4.3.0");
            case 52 -> temporary("qq timeout", "4.3.0");
            case 53 -> temporary("qq write error or disk full", "4.3.0");
            case 54 -> temporary("qq read error", "4.3.0");
            case 55 -> temporary("qq unable to read configuration", "4.3.0");
            case 56 -> temporary("qq trouble making network connection", "4.3.0");
            case 61 -> temporary("qq trouble in home directory", "4.3.0");
            case 62, 63, 64, 65, 66 -> temporary("qq trouble creating files in queue", "4.3.0");
            case 71 -> temporary("mail server temporarily rejected message", "4.3.0");
            case 72 -> temporary("connection to mail server timed out", "4.4.1");
            case 73 -> temporary("connection to mail server rejected", "4.4.1");
            case 74 -> temporary("communication with mail server failed", "4.4.2");
            case 81, 91 -> temporary("qq internal bug", "4.3.0");
            case 120 -> temporary("unable to exec qq", "4.3.0");
            default -> {
                if (exit < 0) {
                    yield temporary("qq crashed", "4.3.0");
                }
                yield exit >= 11 && exit <= 40
                        ? new QueueWords(true, "qq permanent problem", "5.3.0")
                        : temporary("qq temporary problem", "4.3.0");
            }
        };
    }

    private static QueueWords temporary(String text, String status) {
        return new QueueWords(false, text, status);
    }

    /** As the programs print it: {@code qq timeout (#4.3.0)}. */
    @Override
    public String toString() {
        return text + " (#" + status + ")";
    }
}
