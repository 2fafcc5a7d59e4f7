/**
 * Look-ups in the domain name system.
 */
@NullMarked
package org.postern.dns;

import org.jspecify.annotations.NullMarked;
