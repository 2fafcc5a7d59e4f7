package org.postern.mail;

import java.io.IOException;
import java.io.InputStream;

/** A message's text as queued, its lines ended by LF. It may be read several times. */
public interface MessageSource {
    InputStream open() throws IOException;

    /** How many octets {@link #open} gives. */
    long size();
}
