/**
 * Who may relay: grants and their stores.
 *
 * <p>Start with {@link GrantStore}: relay-ctrl's verbs. A {@link Grant} is what {@code allow} leaves, a {@link Verdict}
 * what {@code check} says, always with the reason. {@link DirectoryStore} keeps grants as relay-ctrl does, a file an
 * address in a {@link Spool}; {@link GrantFile} is what stands in such a file. {@link Announcer} and
 * {@link GrantReceiver} are the two ends of relay-ctrl-send's datagram.
 */
@NullMarked
package org.postern.relay;

import org.jspecify.annotations.NullMarked;
