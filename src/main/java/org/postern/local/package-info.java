/**
 * Delivery into Maildirs.
 */
@NullMarked
package org.postern.local;

import org.jspecify.annotations.NullMarked;
