package org.postern.queue;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The line that the queue puts on top of every message (qmail-queue.c), and the date in it. */
public final class ReceivedLine {
    /** RFC 5322 §3.3 without the day's name, always -0000, as qmail's date822fmt. */
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "d MMM yyyy HH:mm:ss '-0000'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private ReceivedLine() {}

    /** @param words as {@code by uid 1001} */
    static String of(long told, String words, Instant when) {
        return "Received: (qmail " + told + " invoked " + words + "); " + date(when) + "\n";
    }

    /** A date as qmail writes it into headers. */
    public static String date(Instant when) {
        return DATE.format(when);
    }
}
