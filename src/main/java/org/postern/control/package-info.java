/**
 * The control socket: whoever holds the queue (qmail-send, postern serve) answers on QUEUE/control/socket what
 * {@code postern queue} and its kin ask.
 *
 * <p>A {@link org.postern.control.Request} is a line of JSON; the answer is what the command prints
 * ({@link org.postern.control.Frame}), so that the command itself only passes it on. A new verb is a record of Request, a
 * case in {@link org.postern.control.RequestText}, and a case where it is answered. docs/adr/0060 has the reasons.
 */
@NullMarked
package org.postern.control;

import org.jspecify.annotations.NullMarked;
