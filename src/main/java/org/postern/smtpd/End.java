package org.postern.smtpd;

/** How a session ended. */
public enum End {
    /** By QUIT. */
    QUIT,
    /** By us: a limit, a stray line end, settings that cannot be read. */
    CLOSED,
    /** The client was silent for {@code timeoutsmtpd}. */
    TIMED_OUT,
    /** The client closed, or the network failed. */
    VANISHED
}
