/**
 * Who may relay: grants and their stores.
 */
@NullMarked
package org.postern.relay;

import org.jspecify.annotations.NullMarked;
