package org.postern.tcp;

/** What reading a line came to. */
public sealed interface Line {
    /** A line without its end (LF, or CR LF). */
    record Text(String octets) implements Line {}

    /** A line longer than the limit; its octets were dropped. */
    record TooLong() implements Line {}

    /** The client has closed; what stood before without a line end was dropped. */
    record End() implements Line {}
}
