package org.postern.send;

/** How long a destination keeps a delivery, as far as one knows: what takes deliveries from others is time, not failure. */
enum Pace {
    /** It answered, and soon. */
    PROMPT,
    /** Nothing is known of it. */
    UNKNOWN,
    /** Its last delivery took long, or its mail was tried in vain before. */
    SLOW
}
