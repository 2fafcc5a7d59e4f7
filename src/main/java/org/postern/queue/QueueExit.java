package org.postern.queue;

import java.io.IOException;
import org.postern.os.Errno;

/** qmail-queue's exit codes (qmail-queue(8)): 11 to 40 are permanent. */
public final class QueueExit {
    public static final int ADDRESS_TOO_LONG = 11;
    public static final int REFUSED = 31;
    public static final int OUT_OF_MEMORY = 51;
    public static final int WRITE_ERROR = 53;
    public static final int READ_ERROR = 54;
    public static final int NO_QUEUE = 62;
    public static final int CANNOT_CREATE = 64;
    public static final int CANNOT_RENAME = 65;
    public static final int CANNOT_SYNC = 66;
    /** Nobody knows whether the message was queued: as qmail-qmqpc has it for a server that went away. */
    public static final int COMMUNICATION_FAILED = 74;

    public static final int BAD_ENVELOPE = 91;

    private QueueExit() {}

    /**
     * The code for an error: a disk that is full, has no inodes or is read-only is a write error at any step.
     *
     * @param step what an error of another kind at this step means
     */
    static int of(IOException e, int step) {
        return switch (Errno.of(e)) {
            case ENOSPC, EDQUOT, EFBIG, EIO, EROFS -> WRITE_ERROR;
            case ENOMEM -> OUT_OF_MEMORY;
            case null, default -> step;
        };
    }
}
