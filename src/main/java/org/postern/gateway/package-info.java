/**
 * Builds every object below from the settings, in order; start, drain, close.
 */
@NullMarked
package org.postern.gateway;

import org.jspecify.annotations.NullMarked;
