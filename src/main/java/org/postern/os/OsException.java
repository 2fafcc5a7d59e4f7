package org.postern.os;

import java.io.IOException;

/** A system call failed; carries errno. */
public final class OsException extends IOException {
    private static final long serialVersionUID = 1L;
    private final int errno;

    public OsException(String call, int errno) {
        super(call + ": " + textOf(errno));
        this.errno = errno;
    }

    /** What is missing for a call. */
    OsException(String what) {
        super(what);
        this.errno = 0;
    }

    /** Linux's error number; 0 where the call was not tried. */
    public int errno() {
        return errno;
    }

    private static String textOf(int errno) {
        Errno known = Errno.of(errno);
        return known == null ? "error " + errno : known.text();
    }
}
