/**
 * Look-ups in the domain name system: {@link org.postern.dns.Resolver}, with an outcome for each thing that may happen.
 * dnsjava stands behind it and nowhere else.
 */
@NullMarked
package org.postern.dns;

import org.jspecify.annotations.NullMarked;
