package org.postern.pop3d;

import java.io.IOException;

/** There is no one to talk to any more, or no reason to. Nothing more is said; nothing is deleted (RFC 1939 §3). */
final class SessionOver extends IOException {
    private static final long serialVersionUID = 1L;

    SessionOver(String why) {
        super(why);
    }

    SessionOver(IOException cause) {
        super(cause.getMessage(), cause);
    }

    String why() {
        return String.valueOf(getMessage());
    }
}
