/**
 * A chain of programs as a chain of values: Tool, Invocation, Exit, and the Chain that performs them.
 */
@NullMarked
package org.postern.chain;

import org.jspecify.annotations.NullMarked;
