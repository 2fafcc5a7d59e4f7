/**
 * Delivery to the next hop: what qmail-remote does.
 *
 * <p>{@link org.postern.remote.RemoteDeliverer} asks {@code HopFinder} where a domain's mail goes (a route, or the DNS),
 * passes over {@code DeadHosts}, which lie in the queue's tcpto, and sends through an {@code SmtpClient}, one session a connection, whose answers are
 * values; {@code WireText} turns the message into SMTP's form. See docs/delivery.md.
 */
@NullMarked
package org.postern.remote;

import org.jspecify.annotations.NullMarked;
