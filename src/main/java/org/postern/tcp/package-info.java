/**
 * Listeners, connections, lines, dot-stuffed text to be read and written, and tcpserver's rules.
 */
@NullMarked
package org.postern.tcp;

import org.jspecify.annotations.NullMarked;
