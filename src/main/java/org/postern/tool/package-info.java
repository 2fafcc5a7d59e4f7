/**
 * One file a command: the recipe's programs, and postern's own.
 */
@NullMarked
package org.postern.tool;

import org.jspecify.annotations.NullMarked;
