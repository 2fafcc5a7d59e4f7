/**
 * Delivery to the next hop.
 */
@NullMarked
package org.postern.remote;

import org.jspecify.annotations.NullMarked;
