/**
 * The durable queue.
 */
@NullMarked
package org.postern.queue;

import org.jspecify.annotations.NullMarked;
