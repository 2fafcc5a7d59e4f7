/**
 * What happened: one sealed Event; log line and counter follow from it.
 */
@NullMarked
package org.postern.event;

import org.jspecify.annotations.NullMarked;
