package org.postern.relay;

import java.time.Instant;
import org.postern.tcp.IpAddress;

/**
 * An address may relay, for any sender, for a time.
 *
 * @param address who may
 * @param holder whose password earned it
 * @param since when it was given or last renewed
 * @param until the last second in which it counts
 */
public record Grant(IpAddress address, Holder holder, Instant since, Instant until) {}
