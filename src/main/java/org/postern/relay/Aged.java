package org.postern.relay;

import org.jspecify.annotations.Nullable;

/**
 * What an ageing did.
 *
 * @param removed how many files it took away
 * @param kept how many grants were still good
 * @param stuck how many it could not take away
 * @param trouble the first reason why not; null where there was none
 */
public record Aged(
        int removed, int kept, int stuck, @Nullable String trouble) {}
