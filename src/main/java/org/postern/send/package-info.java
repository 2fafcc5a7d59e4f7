/**
 * The queue's delivery: routing, schedule, bounces, qmail-send's log.
 */
@NullMarked
package org.postern.send;

import org.jspecify.annotations.NullMarked;
