package org.postern.dns;

/** What a look-up of an address's name came to. */
public sealed interface AddressName {
    /** @param name without a dot at the end */
    record Found(String name) implements AddressName {}

    /** It has none. */
    record None() implements AddressName {}

    /** The DNS gave no answer: to be asked again later. */
    record Temporary() implements AddressName {}
}
