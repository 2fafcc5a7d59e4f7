/**
 * The durable queue: docs/queue.md is its specification.
 *
 * <p>{@link org.postern.queue.Intake} is the way in, from this process ({@link org.postern.queue.Queue#intake}) or from any
 * other ({@link org.postern.queue.DropIntake}). {@link org.postern.queue.Queue} is the owner's view: it recovers, takes from
 * the drop, and gives out {@link org.postern.queue.QueuedMessage}s with their {@link org.postern.queue.Marks}.
 */
@NullMarked
package org.postern.queue;

import org.jspecify.annotations.NullMarked;
